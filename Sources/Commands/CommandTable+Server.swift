extension CommandTable {
    /// Commands about the server.
    static let server: [Command] = [
        Command(
            "command", .command, arity: -1, [.loading, .stale], in: .connection,
            tips: ["nondeterministic_output_order"], group: .server, since: "2.8.13", "O(N)",
            "Describes every command.",
            subcommands: [
                Command(
                    "count", .commandCount, arity: 2, [.loading, .stale], in: .connection,
                    group: .server, since: "2.8.13", "O(1)", "Gives the number of commands."),
                Command(
                    "docs", .commandDocs, arity: -2, [.loading, .stale], in: .connection,
                    tips: ["nondeterministic_output_order"], group: .server, since: "7.0.0", "O(N)",
                    "Documents commands."),
                Command(
                    "info", .commandInfo, arity: -2, [.loading, .stale], in: .connection,
                    tips: ["nondeterministic_output_order"], group: .server, since: "2.8.13", "O(N)",
                    "Describes some commands."),
                Command(
                    "list", .commandList, arity: -2, [.loading, .stale], in: .connection,
                    tips: ["nondeterministic_output_order"], group: .server, since: "7.0.0", "O(N)",
                    "Lists the names of the commands."),
                Command(
                    "getkeys", .commandGetKeys, arity: -4, [.loading, .stale], in: .connection,
                    group: .server, since: "2.8.13", "O(N)", "Tells which arguments of a request are keys."),
                Command(
                    "getkeysandflags", .commandGetKeysAndFlags, arity: -4, [.loading, .stale], in: .connection,
                    group: .server, since: "7.0.0", "O(N)",
                    "Tells which arguments of a request are keys, and what becomes of them."),
                Command(
                    "help", .commandHelp, arity: 2, [.loading, .stale], in: .connection,
                    group: .server, since: "5.0.0", "O(1)", "Lists the sub-commands."),
            ]),
        Command(
            "config", .container, arity: -2, [], group: .server, since: "2.0.0", "Depends on subcommand.",
            "Holds the commands about settings.",
            subcommands: [
                Command(
                    "get", .configGet, arity: -3, [.admin, .noscript, .loading, .stale],
                    group: .server, since: "2.0.0", "O(N)", "Gives the settings that match patterns."),
                Command(
                    "set", .configSet, arity: -4, [.admin, .noscript, .loading, .stale],
                    tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
                    group: .server, since: "2.0.0", "O(N)", "Changes settings while the server runs."),
                Command(
                    "resetstat", .configResetStatistics, arity: 2, [.admin, .noscript, .loading, .stale],
                    group: .server, since: "2.0.0", "O(1)", "Sets the counters of INFO to zero."),
                Command(
                    "rewrite", .configRewrite, arity: 2, [.admin, .noscript, .loading, .stale],
                    group: .server, since: "2.8.0", "O(1)", "Writes the settings to their file."),
                Command(
                    "help", .configHelp, arity: 2, [.loading, .stale], group: .server, since: "5.0.0", "O(1)",
                    "Lists the sub-commands."),
            ]),
        Command(
            "info", .info, arity: -1, [.loading, .stale], in: .dangerous,
            tips: ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
            group: .server, since: "1.0.0", "O(1)", "Describes the state of the server."),
        Command(
            "time", .time, arity: 1, [.loading, .stale, .fast], tips: ["nondeterministic_output"],
            group: .server, since: "2.6.0", "O(1)", "Gives the server's time."),
        Command(
            "lastsave", .lastsave, arity: 1, [.loading, .stale, .fast], in: [.admin, .dangerous],
            tips: ["nondeterministic_output"], group: .server, since: "1.0.0", "O(1)",
            "Gives when the data was last saved."),
        Command(
            "role", .role, arity: 1, [.noscript, .loading, .stale, .fast], in: [.admin, .dangerous],
            group: .server, since: "2.8.12", "O(1)", "Gives the server's role in replication."),
        Command(
            "wait", .wait, arity: 3, .noscript, in: .connection,
            tips: ["request_policy:all_shards", "response_policy:agg_min"], group: .generic, since: "3.0.0", "O(1)",
            "Waits until replicas have every earlier write."),
    ]
}
