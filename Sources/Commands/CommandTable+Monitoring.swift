extension CommandTable {
    /// Containers that hold little here: there are no modules, and no slow or delayed requests on record.
    static let monitoring: [Command] = [
        Command(
            "module", .container, arity: -2, [], group: .server, since: "4.0.0", "Depends on subcommand.",
            "Holds the commands about modules.",
            subcommands: [
                Command(
                    "list", .moduleList, arity: 2, [.admin, .noscript], tips: ["nondeterministic_output_order"],
                    group: .server, since: "4.0.0", "O(N)", "Lists the modules."),
                Command(
                    "help", .moduleHelp, arity: 2, [.loading, .stale], group: .server, since: "5.0.0", "O(1)",
                    "Lists the sub-commands."),
            ]),
        Command(
            "slowlog", .container, arity: -2, [], group: .server, since: "2.2.12", "Depends on subcommand.",
            "Holds the commands about slow requests.",
            subcommands: [
                Command(
                    "get", .slowlogGet, arity: -2, [.admin, .loading, .stale],
                    tips: ["request_policy:all_nodes", "nondeterministic_output"],
                    group: .server, since: "2.2.12", "O(N)", "Lists slow requests."),
                Command(
                    "len", .slowlogLength, arity: 2, [.admin, .loading, .stale],
                    tips: ["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"],
                    group: .server, since: "2.2.12", "O(1)", "Counts slow requests."),
                Command(
                    "reset", .slowlogReset, arity: 2, [.admin, .loading, .stale],
                    tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
                    group: .server, since: "2.2.12", "O(N)", "Forgets slow requests."),
                Command(
                    "help", .slowlogHelp, arity: 2, [.loading, .stale], group: .server, since: "6.2.0", "O(1)",
                    "Lists the sub-commands."),
            ]),
        Command(
            "latency", .container, arity: -2, [], group: .server, since: "2.8.13", "Depends on subcommand.",
            "Holds the commands about delays.",
            subcommands: [
                Command(
                    "latest", .latencyLatest, arity: 2, [.admin, .noscript, .loading, .stale],
                    tips: ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
                    group: .server, since: "2.8.13", "O(1)", "Gives the latest delay of each kind."),
                Command(
                    "history", .latencyHistory, arity: 3, [.admin, .noscript, .loading, .stale],
                    tips: ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
                    group: .server, since: "2.8.13", "O(1)", "Gives the delays of a kind over time."),
                Command(
                    "reset", .latencyReset, arity: -2, [.admin, .noscript, .loading, .stale],
                    tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
                    group: .server, since: "2.8.13", "O(1)", "Forgets delays."),
                Command(
                    "help", .latencyHelp, arity: 2, [.loading, .stale], group: .server, since: "2.8.13", "O(1)",
                    "Lists the sub-commands."),
            ]),
    ]
}
