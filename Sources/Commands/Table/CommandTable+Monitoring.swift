extension CommandTable {
    /// Commands that look into the server; of modules there are none.
    static let monitoring: [Row] = [
        Row(
            "monitor", .monitor, arity: 1, [.admin, .noscript, .loading, .stale], group: .server, since: "1.0.0",
            "O(1)", "Shows every request as it comes."),
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
                Row(
                    "load", .refusedAtOnce, arity: -3, [.admin, .noscript, .noAsyncLoading], group: .server,
                    since: "4.0.0",
                    "O(1)", "Loads a module.", standing: .noModules),
                Row(
                    "loadex", .refusedAtOnce, arity: -3, [.admin, .noscript, .noAsyncLoading], group: .server,
                    since: "7.0.0", "O(1)", "Loads a module with settings and arguments.", standing: .noModules),
                Row(
                    "unload", .refusedAtOnce, arity: 3, [.admin, .noscript, .noAsyncLoading], group: .server,
                    since: "4.0.0",
                    "O(1)", "Unloads a module.", standing: .noModules),
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
                    "histogram", .latencyHistogram, arity: -2, [.admin, .noscript, .loading, .stale],
                    tips: ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
                    group: .server, since: "7.0.0", "O(N)", "Counts how many calls of commands took how long."),
                Row(
                    "doctor", .latencyDoctor, arity: 2, [.admin, .noscript, .loading, .stale],
                    tips: ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
                    group: .server, since: "2.8.13", "O(1)", "Says what was slow, and what may help."),
                Row(
                    "graph", .latencyGraph, arity: 3, [.admin, .noscript, .loading, .stale],
                    tips: ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"],
                    group: .server, since: "2.8.13", "O(1)", "Draws the delays of a kind over time."),
                Row(
                    "reset", .latencyReset, arity: -2, [.admin, .noscript, .loading, .stale],
                    tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
                    group: .server, since: "2.8.13", "O(1)", "Forgets delays."),
                Row(
                    "help", .latencyHelp, arity: 2, [.loading, .stale], group: .server, since: "2.8.13", "O(1)",
                    "Lists the sub-commands."),
            ]),
        Row(
            "memory", .container, arity: -2, [], group: .server, since: "4.0.0", "Depends on subcommand.",
            "Holds the commands about memory.",
            subcommands: [
                Row(
                    "usage", .memoryUsage, arity: -3, .readonly, keys: [.key(2, [.readOnly])],
                    group: .server, since: "4.0.0", "O(1)", "Estimates the memory that a key takes."),
                Row(
                    "stats", .memoryStats, arity: 2, [], tips: memoryTips, group: .server, since: "4.0.0", "O(1)",
                    "Tells what memory is used for."),
                Row(
                    "doctor", .memoryDoctor, arity: 2, [], tips: memoryTips, group: .server, since: "4.0.0", "O(1)",
                    "Says whether the use of memory is sound."),
                Row(
                    "malloc-stats", .memoryMallocStats, arity: 2, [], tips: memoryTips, group: .server,
                    since: "4.0.0", "O(1)", "Tells what the allocator holds."),
                Row(
                    "purge", .memoryPurge, arity: 2, [],
                    tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
                    group: .server, since: "4.0.0", "O(N)", "Gives free memory back to the kernel."),
                Row(
                    "help", .memoryHelp, arity: 2, [.loading, .stale], group: .server, since: "4.0.0", "O(1)",
                    "Lists the sub-commands."),
            ]),
        Row(
            "lolwut", .lolwut, arity: -1, [.readonly, .fast], group: .server, since: "5.0.0", "O(1)",
            "Draws a picture, and tells the version."),
    ]

    private static let memoryTips = [
        "nondeterministic_output", "request_policy:all_shards", "response_policy:special",
    ]
}
