extension CommandTable {
    /// Changes to streams, refused.
    static let refusedStreamWrites: [Row] = [
        Row(
            "xack", .write, arity: -4, [.write, .fast], in: .stream, keys: [.key(1, [.readWrite, .update])],
            group: .stream, since: "5.0.0", "O(1)", "Confirms entries of a consumer group."),
        Row(
            "xackdel", .write, arity: -6, [.write, .fast], in: .stream,
            keys: [.key(1, [.readWrite, .update, .delete])], group: .stream, since: "8.2.0", "O(1)",
            "Confirms entries of a consumer group and deletes them."),
        Row(
            "xadd", .write, arity: -5, [.write, .denyoom, .fast], in: .stream,
            keys: [
                .key(
                    1, [.readWrite, .update],
                    notes: "UPDATE instead of INSERT because of the optional trimming feature")
            ],
            tips: ["nondeterministic_output"], group: .stream, since: "5.0.0", "O(1)", "Adds an entry to a stream."),
        Row(
            "xautoclaim", .write, arity: -6, [.write, .fast], in: .stream, keys: [.key(1, [.readWrite, .delete])],
            tips: ["nondeterministic_output"], group: .stream, since: "6.2.0", "O(1)",
            "Takes over entries that are pending for long."),
        Row(
            "xcfgset", .write, arity: -2, [.write, .fast], in: .stream, keys: [.key(1, [.readWrite, .update])],
            group: .stream, since: "8.6.0", "O(1)", "Configures a stream."),
        Row(
            "xclaim", .write, arity: -6, [.write, .fast], in: .stream, keys: [.key(1, [.readWrite, .update])],
            tips: ["nondeterministic_output"], group: .stream, since: "5.0.0", "O(log N)",
            "Takes over pending entries of a consumer group."),
        Row(
            "xdel", .write, arity: -3, [.write, .fast], in: .stream, keys: [.key(1, [.readWrite, .delete])],
            group: .stream, since: "5.0.0", "O(1)", "Deletes entries of a stream."),
        Row(
            "xdelex", .write, arity: -5, [.write, .fast], in: .stream, keys: [.key(1, [.readWrite, .delete])],
            group: .stream, since: "8.2.0", "O(1)",
            "Deletes entries of a stream with regard to its consumer groups."),
        Row(
            "xnack", .write, arity: -7, [.write, .fast], in: .stream, keys: [.key(1, [.readWrite, .update])],
            group: .stream, since: "8.8.0", "O(1)", "Gives claimed entries of a consumer group back."),
        Row(
            "xreadgroup", .write, arity: -7, [.write, .blocking], in: .stream,
            keys: [.after("STREAMS", from: 4, last: -1, limit: 2, [.readOnly, .access])],
            group: .stream, since: "5.0.0", "O(M)", "Reads new entries for a member of a consumer group."),
        Row(
            "xsetid", .write, arity: -3, [.write, .denyoom, .fast], in: .stream,
            keys: [.key(1, [.readWrite, .update])], group: .stream, since: "5.0.0", "O(1)",
            "Sets the last identifier of a stream."),
        Row(
            "xtrim", .write, arity: -4, .write, in: .stream, keys: [.key(1, [.readWrite, .delete])],
            tips: ["nondeterministic_output"], group: .stream, since: "5.0.0", "O(N)",
            "Deletes the oldest entries of a stream."),
        Row(
            "xgroup", .container, arity: -2, [], group: .stream, since: "5.0.0", "Depends on subcommand.",
            "Holds the commands about consumer groups.",
            subcommands: [
                Row(
                    "create", .write, arity: -5, [.write, .denyoom], in: .stream,
                    keys: [.key(2, [.readWrite, .insert])], group: .stream, since: "5.0.0", "O(1)",
                    "Makes a consumer group."),
                Row(
                    "createconsumer", .write, arity: 5, [.write, .denyoom], in: .stream,
                    keys: [.key(2, [.readWrite, .insert])], group: .stream, since: "6.2.0", "O(1)",
                    "Makes a member of a group."),
                Row(
                    "delconsumer", .write, arity: 5, .write, in: .stream, keys: [.key(2, [.readWrite, .delete])],
                    group: .stream, since: "5.0.0", "O(1)", "Deletes a member of a group."),
                Row(
                    "destroy", .write, arity: 4, .write, in: .stream, keys: [.key(2, [.readWrite, .delete])],
                    group: .stream, since: "5.0.0", "O(N)", "Deletes a consumer group."),
                Row(
                    "setid", .write, arity: -5, .write, in: .stream, keys: [.key(2, [.readWrite, .update])],
                    group: .stream, since: "5.0.0", "O(1)", "Sets the last entry delivered to a group."),
                Row(
                    "help", .xgroupHelp, arity: 2, [.loading, .stale], in: .stream, group: .stream, since: "5.0.0",
                    "O(1)", "Lists the sub-commands."),
            ]),
    ]
}
