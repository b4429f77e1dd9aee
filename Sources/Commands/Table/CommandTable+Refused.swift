extension CommandTable {
    /// Commands about what this server does not have, refused with the reason.
    static let refusedServerCommands: [Row] = [
        Row(
            "save", .refused, arity: 1, [.admin, .noscript, .noAsyncLoading, .noMulti], group: .server, since: "1.0.0",
            "O(N)", "Writes the data to disk.", standing: .never("the dataset is on disk already, and only read")),
        Row(
            "bgsave", .refused, arity: -1, [.admin, .noscript, .noAsyncLoading], group: .server, since: "1.0.0",
            "O(1)", "Writes the data to disk in the background.",
            standing: .never("the dataset is on disk already, and only read")),
        Row(
            "bgrewriteaof", .refused, arity: 1, [.admin, .noscript, .noAsyncLoading], group: .server, since: "1.0.0",
            "O(1)", "Compacts the log of changes.", standing: .never("there are no changes to log")),
        Row(
            "shutdown", .refused, arity: -1, [.admin, .noscript, .loading, .stale, .noMulti, .allowBusy],
            group: .server, since: "1.0.0", "O(N)", "Ends the server.",
            standing: .never("only its operator ends this server, with SIGTERM")),
        Row(
            "replicaof", .refused, arity: 3, [.admin, .noscript, .stale, .noAsyncLoading], group: .server,
            since: "5.0.0", "O(1)", "Makes this server a replica of another.",
            standing: .never("versions come from a source, not from another server")),
        Row(
            "slaveof", .refused, arity: 3, [.admin, .noscript, .stale, .noAsyncLoading], group: .server,
            since: "1.0.0", "O(1)", "Makes this server a replica of another.", deprecated: ("5.0.0", "`REPLICAOF`"),
            standing: .never("versions come from a source, not from another server")),
        Row(
            "failover", .refused, arity: -1, [.admin, .noscript, .stale], group: .server, since: "6.2.0", "O(1)",
            "Hands the role of the primary to a replica.", standing: .never("there are no replicas")),
        Row(
            "sync", .refused, arity: 1, [.admin, .noscript, .noAsyncLoading, .noMulti], group: .server, since: "1.0.0",
            "O(1)", "Sends the data to a replica.", standing: .never("there are no replicas")),
        Row(
            "psync", .refused, arity: -3, [.admin, .noscript, .noAsyncLoading, .noMulti], group: .server,
            since: "2.8.0", "O(1)", "Sends the data to a replica.", standing: .never("there are no replicas")),
        Row(
            "replconf", .refused, arity: -1, [.admin, .noscript, .loading, .stale, .allowBusy], group: .server,
            since: "3.0.0", "O(1)", "Tells a primary about a replica.", standing: .never("there are no replicas"),
            isInternal: true),
        Row(
            "pfselftest", .refused, arity: 1, .admin, in: .hyperloglog, group: .hyperloglog, since: "2.8.9", "O(1)",
            "Tests the HyperLogLogs of the server.", standing: .never("it tests Redis's own code"), isInternal: true),
    ]
}
