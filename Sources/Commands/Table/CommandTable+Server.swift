extension CommandTable {
    /// Commands about the server.
    static let server: [Row] = [
        Row(
            "command", .command, arity: -1, [.loading, .stale], in: .connection,
            tips: ["nondeterministic_output_order"], group: .server, since: "2.8.13", "O(N)",
            "Describes every command.",
            subcommands: [
                Row(
                    "count", .commandCount, arity: 2, [.loading, .stale], in: .connection,
                    group: .server, since: "2.8.13", "O(1)", "Gives the number of commands."),
                Row(
                    "docs", .commandDocs, arity: -2, [.loading, .stale], in: .connection,
                    tips: ["nondeterministic_output_order"], group: .server, since: "7.0.0", "O(N)",
                    "Documents commands."),
                Row(
                    "info", .commandInfo, arity: -2, [.loading, .stale], in: .connection,
                    tips: ["nondeterministic_output_order"], group: .server, since: "2.8.13", "O(N)",
                    "Describes some commands."),
                Row(
                    "list", .commandList, arity: -2, [.loading, .stale], in: .connection,
                    tips: ["nondeterministic_output_order"], group: .server, since: "7.0.0", "O(N)",
                    "Lists the names of the commands."),
                Row(
                    "getkeys", .commandGetKeys, arity: -4, [.loading, .stale], in: .connection,
                    group: .server, since: "2.8.13", "O(N)", "Tells which arguments of a request are keys."),
                Row(
                    "getkeysandflags", .commandGetKeysAndFlags, arity: -4, [.loading, .stale], in: .connection,
                    group: .server, since: "7.0.0", "O(N)",
                    "Tells which arguments of a request are keys, and what becomes of them."),
                Row(
                    "help", .commandHelp, arity: 2, [.loading, .stale], in: .connection,
                    group: .server, since: "5.0.0", "O(1)", "Lists the sub-commands."),
            ]),
        Row(
            "config", .container, arity: -2, [], group: .server, since: "2.0.0", "Depends on subcommand.",
            "Holds the commands about settings.",
            subcommands: [
                Row(
                    "get", .configGet, arity: -3, [.admin, .noscript, .loading, .stale],
                    group: .server, since: "2.0.0", "O(N)", "Gives the settings that match patterns."),
                Row(
                    "set", .configSet, arity: -4, [.admin, .noscript, .loading, .stale],
                    tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
                    group: .server, since: "2.0.0", "O(N)", "Changes settings while the server runs."),
                Row(
                    "resetstat", .configResetStatistics, arity: 2, [.admin, .noscript, .loading, .stale],
                    group: .server, since: "2.0.0", "O(1)", "Sets the counters of INFO to zero."),
                Row(
                    "rewrite", .configRewrite, arity: 2, [.admin, .noscript, .loading, .stale],
                    group: .server, since: "2.8.0", "O(1)", "Writes the settings to their file."),
                Row(
                    "help", .configHelp, arity: 2, [.loading, .stale], group: .server, since: "5.0.0", "O(1)",
                    "Lists the sub-commands."),
            ]),
        Row(
            "info", .info, arity: -1, [.loading, .stale], in: .dangerous,
            tips: ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
            group: .server, since: "1.0.0", "O(1)", "Describes the state of the server."),
        Row(
            "time", .time, arity: 1, [.loading, .stale, .fast], tips: ["nondeterministic_output"],
            group: .server, since: "2.6.0", "O(1)", "Gives the server's time."),
        Row(
            "lastsave", .lastsave, arity: 1, [.loading, .stale, .fast], in: [.admin, .dangerous],
            tips: ["nondeterministic_output"], group: .server, since: "1.0.0", "O(1)",
            "Gives when the data was last saved."),
        Row(
            "role", .role, arity: 1, [.noscript, .loading, .stale, .fast], in: [.admin, .dangerous],
            group: .server, since: "2.8.12", "O(1)", "Gives the server's role in replication."),
        Row(
            "wait", .wait, arity: 3, .noscript, in: .connection,
            tips: ["request_policy:all_shards", "response_policy:agg_min"], group: .generic, since: "3.0.0", "O(1)",
            "Waits until replicas have every earlier write."),
    ]
}
