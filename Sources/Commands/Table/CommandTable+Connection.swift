extension CommandTable {
    /// Commands about the connection that they come on.
    static let connection: [Row] = [
        Row(
            "ping", .ping, arity: -1, .fast, in: .connection,
            tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
            group: .connection, since: "1.0.0", "O(1)", "Answers, to show that the server lives."),
        Row(
            "echo", .echo, arity: 2, [.loading, .stale, .fast], in: .connection,
            group: .connection, since: "1.0.0", "O(1)", "Gives back its argument."),
        Row(
            "select", .select, arity: 2, [.loading, .stale, .fast], in: .connection,
            group: .connection, since: "1.0.0", "O(1)", "Chooses a database."),
        Row(
            "quit", .quit, arity: -1, [.noscript, .loading, .stale, .fast, .noAuth, .allowBusy], in: .connection,
            group: .connection, since: "1.0.0", "O(1)", "Closes the connection."),
        Row(
            "reset", .reset, arity: 1, [.noscript, .loading, .stale, .fast, .noAuth, .allowBusy], in: .connection,
            group: .connection, since: "6.2.0", "O(1)", "Puts the connection back to how it began."),
        Row(
            "hello", .hello, arity: -1, [.noscript, .loading, .stale, .fast, .noAuth, .allowBusy], in: .connection,
            group: .connection, since: "6.0.0", "O(1)", "Chooses the protocol and tells about the server."),
        Row(
            "auth", .auth, arity: -2, [.noscript, .loading, .stale, .fast, .noAuth, .allowBusy], in: .connection,
            group: .connection, since: "1.0.0", "O(N)", "Shows a password."),
        Row(
            "readonly", .readonly, arity: 1, [.loading, .stale, .fast], in: .connection,
            group: .cluster, since: "3.0.0", "O(1)", "Allows reads from a replica in a cluster."),
        Row(
            "readwrite", .readwrite, arity: 1, [.loading, .stale, .fast], in: .connection,
            group: .cluster, since: "3.0.0", "O(1)", "Takes back READONLY."),
        Row(
            "asking", .asking, arity: 1, .fast, in: .connection, group: .cluster, since: "3.0.0", "O(1)",
            "Announces a request for a slot that is being moved here."),
        Row(
            "client", .container, arity: -2, [], group: .connection, since: "2.4.0", "Depends on subcommand.",
            "Holds the commands about connections.",
            subcommands: client + clientModes + [clientAttributes]),
    ]
}
