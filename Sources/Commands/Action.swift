/// What a session does for a command of the table.
public enum Action: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    // Keys and values.
    case get, mget, exists, strlen, getrange, type, touch
    /// The times to live, all alike as nothing here expires; `TTL`, `PTTL`, `EXPIRETIME`, `PEXPIRETIME`.
    case timeToLive
    case scan, keys, dbsize, randomkey
    /// Changes data: refused.
    case write

    // The connection.
    case ping, echo, select, quit, reset, hello, auth, readonly, readwrite, asking
    case clientID, clientSetName, clientGetName, clientSetInfo, clientList, clientInfo, clientNoEvict, clientNoTouch
    case clientHelp
    case clientTracking, clientTrackingInfo, clientCaching, clientGetRedirection, clientReply, clientPause,
        clientUnpause

    // Transactions.
    case multi, exec, discard, watch, unwatch

    // Messages.
    case subscribe, unsubscribe, psubscribe, punsubscribe, ssubscribe, sunsubscribe
    /// Refused: the server alone publishes.
    case publish
    case pubsubChannels, pubsubNumsub, pubsubNumpat, pubsubShardChannels, pubsubShardNumsub, pubsubHelp

    // The server.
    case command, commandCount, commandDocs, commandInfo, commandList, commandGetKeys, commandGetKeysAndFlags
    case commandHelp
    case configGet, configSet, configResetStatistics, configRewrite, configHelp
    case info, time, lastsave, role, wait
    case moduleList, moduleHelp
    case slowlogGet, slowlogLength, slowlogReset, slowlogHelp
    case latencyLatest, latencyHistory, latencyReset, latencyHelp
    case datasetList, datasetStatus, datasetVersions, datasetReload, datasetRollback, datasetPin, datasetUnpin
    case datasetVerify, datasetHelp
    /// Any sub-command of `CLUSTER`: refused outside cluster mode.
    case cluster

    // Versions that a client chooses, and ranges.
    case datasetUse, datasetRange, datasetPrefix
    case clientAttributes

    /// A command that is nothing without its sub-command.
    case container
}
