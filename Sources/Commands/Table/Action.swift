/// What a session does for a command of the table.
public enum Action: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    // Keys and values.
    case get, mget, exists, strlen, getrange, type, touch
    /// The times to live, all alike as nothing here expires; `TTL`, `PTTL`, `EXPIRETIME`, `PEXPIRETIME`.
    case timeToLive
    case scan, keys, dbsize, randomkey

    // Made from string values.
    case getbit, bitcount, bitpos, bitfieldReadOnly, lcs, pfcount, dump, sortReadOnly
    case objectEncoding, objectFrequency, objectIdleTime, objectReferenceCount, objectHelp

    /// Changes data: refused.
    case write

    // The connection.
    case ping, echo, select, quit, reset, hello, auth, readonly, readwrite, asking
    case clientID, clientSetName, clientGetName, clientSetInfo, clientList, clientInfo, clientNoEvict, clientNoTouch
    case clientHelp
    case clientTracking, clientTrackingInfo, clientCaching, clientGetRedirection, clientReply, clientPause,
        clientUnpause

    // Other connections.
    /// Closes those that match.
    case clientKill
    /// Wakes a client from a blocking command; none ever waits in one.
    case clientUnblock

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
    // Looking into the server.
    case latencyHistogram, latencyDoctor, latencyGraph
    case memoryUsage, memoryStats, memoryDoctor, memoryMallocStats, memoryPurge, memoryHelp
    case aclWhoami, aclCategories, aclList, aclUsers, aclGetUser, aclGeneratePassword, aclDryRun, aclLog
    case aclSetUser, aclDeleteUser, aclSave, aclLoad, aclHelp
    case debug, lolwut, monitor
    case datasetList, datasetStatus, datasetVersions, datasetReload, datasetRollback, datasetPin, datasetUnpin
    case datasetVerify, datasetHotKeys, datasetHelp
    /// Reads of types that no key here has, scripts, and what is refused with a reason of its own.
    case foreignRead, refused, refusedAtOnce
    case xinfoHelp, xgroupHelp
    case scriptExists, scriptFlush, scriptHelp
    /// `SCRIPT KILL` and `FUNCTION KILL`.
    case noScriptRuns
    case functionDump, functionList, functionStatistics, functionHelp

    /// Any sub-command of `CLUSTER`: refused outside cluster mode.
    case cluster

    // Versions that a client chooses, and ranges.
    case datasetUse, datasetRange, datasetPrefix
    case clientAttributes

    /// A command that is nothing without its sub-command.
    case container
}
