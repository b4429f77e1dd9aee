extension CommandTable {
    private static let keysOfChanges = KeySpecification.counted(
        2, [.readWrite, .access, .update],
        notes: "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE")
    private static let keysOfReads = KeySpecification.counted(
        2, [.readOnly, .access],
        notes: "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS")

    /// Scripts and functions, which this server does not run.
    static let scripting: [Row] = [
        Row(
            "eval", .refused, arity: -3, [.noscript, .stale, .skipMonitor, .noMandatoryKeys], in: .scripting,
            keys: [keysOfChanges], group: .scripting, since: "2.6.0", "O(N)",
            "Runs a script.", standing: .noScripting),
        Row(
            "eval_ro", .refused, arity: -3, [.readonly, .noscript, .stale, .skipMonitor, .noMandatoryKeys],
            in: .scripting, keys: [keysOfReads], group: .scripting, since: "7.0.0", "O(N)",
            "Runs a script that only reads.", standing: .noScripting),
        Row(
            "evalsha", .refused, arity: -3, [.noscript, .stale, .skipMonitor, .noMandatoryKeys], in: .scripting,
            keys: [.counted(2, [.readWrite, .access, .update])], group: .scripting, since: "2.6.0", "O(N)",
            "Runs a script that was loaded before.", standing: .noScripting),
        Row(
            "evalsha_ro", .refused, arity: -3, [.readonly, .noscript, .stale, .skipMonitor, .noMandatoryKeys],
            in: .scripting, keys: [.counted(2, [.readOnly, .access])], group: .scripting, since: "7.0.0", "O(N)",
            "Runs a script that was loaded before and only reads.", standing: .noScripting),
        Row(
            "fcall", .refused, arity: -3, [.noscript, .stale, .skipMonitor, .noMandatoryKeys], in: .scripting,
            keys: [keysOfChanges], group: .scripting, since: "7.0.0", "O(N)",
            "Calls a function.", standing: .noScripting),
        Row(
            "fcall_ro", .refused, arity: -3, [.readonly, .noscript, .stale, .skipMonitor, .noMandatoryKeys],
            in: .scripting, keys: [keysOfReads], group: .scripting, since: "7.0.0", "O(N)",
            "Calls a function that only reads.", standing: .noScripting),
        Row(
            "script", .container, arity: -2, [], group: .scripting, since: "2.6.0", "Depends on subcommand.",
            "Holds the commands about scripts.",
            subcommands: [
                Row(
                    "debug", .refused, arity: 3, .noscript, in: .scripting, group: .scripting, since: "3.2.0", "O(1)",
                    "Sets how scripts are debugged.", standing: .noScripting),
                Row(
                    "exists", .scriptExists, arity: -3, .noscript, in: .scripting,
                    tips: ["request_policy:all_shards", "response_policy:agg_logical_and"], group: .scripting,
                    since: "2.6.0", "O(N)", "Tells for each of some scripts whether it is loaded; none ever is."),
                Row(
                    "flush", .scriptFlush, arity: -2, .noscript, in: .scripting,
                    tips: ["request_policy:all_nodes", "response_policy:all_succeeded"], group: .scripting,
                    since: "2.6.0", "O(N)", "Forgets every script."),
                Row(
                    "help", .scriptHelp, arity: 2, [.loading, .stale], in: .scripting, group: .scripting,
                    since: "5.0.0", "O(1)", "Lists the sub-commands."),
                Row(
                    "kill", .noScriptRuns, arity: 2, [.noscript, .allowBusy], in: .scripting,
                    tips: ["request_policy:all_shards", "response_policy:one_succeeded"], group: .scripting,
                    since: "2.6.0", "O(1)", "Ends the script that runs; none ever does."),
                Row(
                    "load", .refused, arity: 3, [.noscript, .stale], in: .scripting,
                    tips: ["request_policy:all_nodes", "response_policy:all_succeeded"], group: .scripting,
                    since: "2.6.0", "O(N)", "Loads a script.", standing: .noScripting),
            ]),
        Row(
            "function", .container, arity: -2, [], group: .scripting, since: "7.0.0", "Depends on subcommand.",
            "Holds the commands about functions.",
            subcommands: [
                Row(
                    "delete", .write, arity: 3, [.write, .noscript], in: .scripting,
                    tips: ["request_policy:all_shards", "response_policy:all_succeeded"], group: .scripting,
                    since: "7.0.0", "O(1)", "Deletes a library of functions."),
                Row(
                    "dump", .functionDump, arity: 2, .noscript, in: .scripting, group: .scripting, since: "7.0.0",
                    "O(N)", "Gives every library of functions in one piece; there are none."),
                Row(
                    "flush", .write, arity: -2, [.write, .noscript], in: .scripting,
                    tips: ["request_policy:all_shards", "response_policy:all_succeeded"], group: .scripting,
                    since: "7.0.0", "O(N)", "Deletes every library of functions."),
                Row(
                    "help", .functionHelp, arity: 2, [.loading, .stale], in: .scripting, group: .scripting,
                    since: "7.0.0", "O(1)", "Lists the sub-commands."),
                Row(
                    "kill", .noScriptRuns, arity: 2, [.noscript, .allowBusy], in: .scripting,
                    tips: ["request_policy:all_shards", "response_policy:one_succeeded"], group: .scripting,
                    since: "7.0.0", "O(1)", "Ends the function that runs; none ever does."),
                Row(
                    "list", .functionList, arity: -2, .noscript, in: .scripting,
                    tips: ["nondeterministic_output_order"], group: .scripting, since: "7.0.0", "O(N)",
                    "Lists the libraries of functions; there are none."),
                Row(
                    "load", .write, arity: -3, [.write, .denyoom, .noscript], in: .scripting,
                    tips: ["request_policy:all_shards", "response_policy:all_succeeded"], group: .scripting,
                    since: "7.0.0", "O(1)", "Loads a library of functions."),
                Row(
                    "restore", .write, arity: -3, [.write, .denyoom, .noscript], in: .scripting,
                    tips: ["request_policy:all_shards", "response_policy:all_succeeded"], group: .scripting,
                    since: "7.0.0", "O(N)", "Restores libraries of functions."),
                Row(
                    "stats", .functionStatistics, arity: 2, [.noscript, .allowBusy], in: .scripting,
                    tips: ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
                    group: .scripting, since: "7.0.0", "O(1)", "Tells which function runs; none ever does."),
            ]),
    ]
}
