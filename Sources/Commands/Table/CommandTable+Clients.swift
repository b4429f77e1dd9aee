extension CommandTable {
    /// The sub-commands of `CLIENT`.
    static let client: [Row] = [
        Row(
            "id", .clientID, arity: 2, [.noscript, .loading, .stale], in: .connection,
            group: .connection, since: "5.0.0", "O(1)", "Gives the number of this connection."),
        Row(
            "setname", .clientSetName, arity: 3, [.noscript, .loading, .stale], in: .connection,
            group: .connection, since: "2.6.9", "O(1)", "Names this connection."),
        Row(
            "getname", .clientGetName, arity: 2, [.noscript, .loading, .stale], in: .connection,
            group: .connection, since: "2.6.9", "O(1)", "Gives the name of this connection."),
        Row(
            "setinfo", .clientSetInfo, arity: 4, [.noscript, .loading, .stale], in: .connection,
            tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
            group: .connection, since: "7.2.0", "O(1)", "Names this connection's library or its version."),
        Row(
            "list", .clientList, arity: -2, [.admin, .noscript, .loading, .stale], in: .connection,
            tips: ["nondeterministic_output"], group: .connection, since: "2.4.0", "O(N)",
            "Lists the connections."),
        Row(
            "info", .clientInfo, arity: 2, [.noscript, .loading, .stale], in: .connection,
            tips: ["nondeterministic_output"], group: .connection, since: "6.2.0", "O(1)",
            "Describes this connection."),
        Row(
            "kill", .clientKill, arity: -3, [.admin, .noscript, .loading, .stale], in: .connection,
            group: .connection, since: "2.4.0", "O(N)", "Closes the connections that match.",
            usage: "<ip:port | ID client-id | TYPE <NORMAL | MASTER | REPLICA | PUBSUB> | USER username | ADDR ip:port "
                + "| LADDR ip:port | SKIPME <YES | NO> | MAXAGE seconds>"),
        Row(
            "unblock", .clientUnblock, arity: -3, [.admin, .noscript, .loading, .stale], in: .connection,
            group: .connection, since: "5.0.0", "O(1)",
            "Wakes a client that waits in a blocking command, of which there are none.",
            usage: "client-id [TIMEOUT | ERROR]"),
        Row(
            "no-evict", .clientNoEvict, arity: 3, [.admin, .noscript, .loading, .stale], in: .connection,
            group: .connection, since: "7.0.0", "O(1)",
            "Exempts this connection from being closed when memory is short."),
        Row(
            "no-touch", .clientNoTouch, arity: 3, [.noscript, .loading, .stale], in: .connection,
            tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
            group: .connection, since: "7.2.0", "O(1)",
            "Keeps reads of this connection from counting as use of a key."),
        Row(
            "help", .clientHelp, arity: 2, [.loading, .stale], in: .connection,
            group: .connection, since: "5.0.0", "O(1)", "Lists the sub-commands."),
    ]
}
