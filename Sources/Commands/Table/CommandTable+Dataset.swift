extension CommandTable {
    /// A sub-command of `CLIENT` that no Redis has.
    static let clientAttributes = Row(
        "attributes", .clientAttributes, arity: 3, [.noscript, .loading, .stale, .fast], in: .connection,
        group: .connection, since: "0.2.0", "O(1)",
        "Has each reply that is read from a dataset name the version, beside it.", usage: "<ON | OFF>")

    /// Commands about the datasets and their versions, which no Redis has.
    static let dataset: [Row] = [
        Row(
            "dataset", .container, arity: -2, [], group: .server, since: "0.1.0", "Depends on subcommand.",
            "Holds the commands about datasets and their versions.",
            subcommands: [
                Row(
                    "list", .datasetList, arity: 2, [.loading, .stale], tips: ["nondeterministic_output"],
                    group: .server, since: "0.1.0", "O(N)", "Lists the datasets and the versions being served."),
                Row(
                    "status", .datasetStatus, arity: -2, [.loading, .stale], tips: ["nondeterministic_output"],
                    group: .server, since: "0.1.0", "O(1)", "Tells the state of a dataset.", usage: "[name]"),
                Row(
                    "versions", .datasetVersions, arity: -2, [.loading, .stale], tips: ["nondeterministic_output"],
                    group: .server, since: "0.1.0", "O(N)", "Lists the versions of a dataset.", usage: "[name]"),
                Row(
                    "reload", .datasetReload, arity: -2, [.admin, .noscript], tips: ["request_policy:all_nodes"],
                    group: .server, since: "0.1.0", "O(N)",
                    "Swaps in the version that is announced, and waits until it is served.", usage: "[name] [FORCE]"),
                Row(
                    "rollback", .datasetRollback, arity: -2, [.admin, .noscript], tips: ["request_policy:all_nodes"],
                    group: .server, since: "0.1.0", "O(1)",
                    "Goes back to an earlier version, and refuses the later one from then on.",
                    usage: "[name] [version]"),
                Row(
                    "pin", .datasetPin, arity: -2, [.admin, .noscript], tips: ["request_policy:all_nodes"],
                    group: .server, since: "0.1.0", "O(1)",
                    "Keeps a version being served, whatever is announced.", usage: "[name] [version]"),
                Row(
                    "unpin", .datasetUnpin, arity: -2, [.admin, .noscript], tips: ["request_policy:all_nodes"],
                    group: .server, since: "0.1.0", "O(1)", "Follows again what is announced.", usage: "[name]"),
                Row(
                    "verify", .datasetVerify, arity: -2, [.admin, .noscript], tips: ["nondeterministic_output"],
                    group: .server, since: "0.1.0", "O(N)",
                    "Reads every byte of a version and checks it.", usage: "[name] [version]"),
                Row(
                    "hotkeys", .datasetHotKeys, arity: -2, [.admin, .noscript, .loading, .stale],
                    tips: ["nondeterministic_output"], group: .server, since: "0.2.0", "O(N)",
                    "Tells which keys are asked for most, from samples.", usage: "[name] [COUNT count]"),
                Row(
                    "use", .datasetUse, arity: -3, [.noscript, .noMulti, .fast], group: .server, since: "0.2.0", "O(1)",
                    "Has this connection stay on a version that is open, or follow the latest again.",
                    usage: "[name] <version | LATEST>"),
                Row(
                    "range", .datasetRange, arity: -5, .readonly, group: .server, since: "0.2.0",
                    "O(log(N)+M) with M rows read",
                    "Gives a page of rows from one key on and before another, in the order of their keys.",
                    usage: "name start end [LIMIT count] [KEYS | VALUES]"),
                Row(
                    "prefix", .datasetPrefix, arity: -4, .readonly, group: .server, since: "0.2.0",
                    "O(log(N)+M) with M rows read",
                    "Gives a page of the rows whose keys begin alike, in the order of their keys.",
                    usage: "name prefix [FROM key] [LIMIT count] [KEYS | VALUES]"),
                Row(
                    "help", .datasetHelp, arity: 2, [.loading, .stale], group: .server, since: "0.1.0", "O(1)",
                    "Lists the sub-commands."),
            ])
    ]
}
