extension CommandTable {
    /// Containers that hold little here: there are no modules, and no slow or delayed requests on record.
    static let monitoring: [Row] = [
        Row(
            "module", .container, arity: -2, [], group: .server, since: "4.0.0", "Depends on subcommand.",
            "Holds the commands about modules.",
            subcommands: [
                Row(
                    "list", .moduleList, arity: 2, [.admin, .noscript], tips: ["nondeterministic_output_order"],
                    group: .server, since: "4.0.0", "O(N)", "Lists the modules."),
                Row(
                    "help", .moduleHelp, arity: 2, [.loading, .stale], group: .server, since: "5.0.0", "O(1)",
                    "Lists the sub-commands."),
            ]),
        Row(
            "slowlog", .container, arity: -2, [], group: .server, since: "2.2.12", "Depends on subcommand.",
            "Holds the commands about slow requests.",
            subcommands: [
                Row(
                    "get", .slowlogGet, arity: -2, [.admin, .loading, .stale],
                    tips: ["request_policy:all_nodes", "nondeterministic_output"],
                    group: .server, since: "2.2.12", "O(N)", "Lists slow requests."),
                Row(
                    "len", .slowlogLength, arity: 2, [.admin, .loading, .stale],
                    tips: ["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"],
                    group: .server, since: "2.2.12", "O(1)", "Counts slow requests."),
                Row(
                    "reset", .slowlogReset, arity: 2, [.admin, .loading, .stale],
                    tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
                    group: .server, since: "2.2.12", "O(N)", "Forgets slow requests."),
                Row(
                    "help", .slowlogHelp, arity: 2, [.loading, .stale], group: .server, since: "6.2.0", "O(1)",
                    "Lists the sub-commands."),
            ]),
        Row(
            "latency", .container, arity: -2, [], group: .server, since: "2.8.13", "Depends on subcommand.",
            "Holds the commands about delays.",
            subcommands: [
                Row(
                    "latest", .latencyLatest, arity: 2, [.admin, .noscript, .loading, .stale],
                    tips: ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
                    group: .server, since: "2.8.13", "O(1)", "Gives the latest delay of each kind."),
                Row(
                    "history", .latencyHistory, arity: 3, [.admin, .noscript, .loading, .stale],
                    tips: ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
                    group: .server, since: "2.8.13", "O(1)", "Gives the delays of a kind over time."),
                Row(
                    "reset", .latencyReset, arity: -2, [.admin, .noscript, .loading, .stale],
                    tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
                    group: .server, since: "2.8.13", "O(1)", "Forgets delays."),
                Row(
                    "help", .latencyHelp, arity: 2, [.loading, .stale], group: .server, since: "2.8.13", "O(1)",
                    "Lists the sub-commands."),
            ]),
    ]
}
