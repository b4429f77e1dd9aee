extension CommandTable {
    /// Changes to string values, refused.
    static let refusedStringWrites: [Row] = [
        Row(
            "append", .write, arity: 3, [.write, .denyoom, .fast], in: .string,
            keys: [.key(1, [.readWrite, .insert])], group: .string, since: "2.0.0", "O(1)",
            "Adds to the end of a value."),
        Row(
            "bitfield", .write, arity: -2, [.write, .denyoom], in: .bitmap,
            keys: [
                .key(
                    1, [.readWrite, .access, .update, .variable],
                    notes: "This command allows both access and modification of the key")
            ],
            group: .bitmap, since: "3.2.0", "O(1)", "Reads and changes integers of any width inside a string."),
        Row(
            "bitop", .write, arity: -4, [.write, .denyoom], in: .bitmap,
            keys: [.key(2, [.overwrite, .update]), .keys(3, [.readOnly, .access])],
            group: .bitmap, since: "2.6.0", "O(N)", "Combines strings bit by bit and stores the result."),
        Row(
            "decr", .write, arity: 2, [.write, .denyoom, .fast], in: .string,
            keys: [.key(1, [.readWrite, .access, .update])], group: .string, since: "1.0.0", "O(1)",
            "Takes one from an integer."),
        Row(
            "decrby", .write, arity: 3, [.write, .denyoom, .fast], in: .string,
            keys: [.key(1, [.readWrite, .access, .update])], group: .string, since: "1.0.0", "O(1)",
            "Takes from an integer."),
        Row(
            "delex", .write, arity: -2, [.write, .fast], in: .string, keys: [.key(1, [.readWrite, .delete])],
            group: .string, since: "8.4.0", "O(1)", "Deletes a key, should its value be as expected."),
        Row(
            "delifeq", .write, arity: 3, [.write, .fast], in: .string, keys: [.key(1, [.remove, .access, .delete])],
            group: .string, since: "9.0.0", "O(1)", "Deletes a key, should its value be as expected; of Valkey."),
        Row(
            "getdel", .write, arity: 2, [.write, .fast], in: .string,
            keys: [.key(1, [.readWrite, .access, .delete])], group: .string, since: "6.2.0", "O(1)",
            "Gives a value and deletes it."),
        Row(
            "getex", .write, arity: -2, [.write, .fast], in: .string,
            keys: [.key(1, [.readWrite, .access, .update], notes: "RW and UPDATE because it changes the TTL")],
            group: .string, since: "6.2.0", "O(1)", "Gives a value and changes its time to live."),
        Row(
            "getset", .write, arity: 3, [.write, .denyoom, .fast], in: .string,
            keys: [.key(1, [.readWrite, .access, .update])], group: .string, since: "1.0.0", "O(1)",
            "Sets a value and gives the old one.", deprecated: ("6.2.0", "`SET` with the `!GET` argument")),
        Row(
            "incr", .write, arity: 2, [.write, .denyoom, .fast], in: .string,
            keys: [.key(1, [.readWrite, .access, .update])], group: .string, since: "1.0.0", "O(1)",
            "Adds one to an integer."),
        Row(
            "incrby", .write, arity: 3, [.write, .denyoom, .fast], in: .string,
            keys: [.key(1, [.readWrite, .access, .update])], group: .string, since: "1.0.0", "O(1)",
            "Adds to an integer."),
        Row(
            "incrbyfloat", .write, arity: 3, [.write, .denyoom, .fast], in: .string,
            keys: [.key(1, [.readWrite, .access, .update])], group: .string, since: "2.6.0", "O(1)",
            "Adds to a number."),
        Row(
            "increx", .write, arity: -2, [.write, .denyoom, .fast], in: .string,
            keys: [.key(1, [.readWrite, .access, .update])], group: .string, since: "8.8.0", "O(1)",
            "Adds to a number and changes its time to live."),
        Row(
            "mset", .write, arity: -3, [.write, .denyoom], in: .string,
            keys: [.keys(1, step: 2, [.overwrite, .update])],
            tips: ["request_policy:multi_shard", "response_policy:all_succeeded"],
            group: .string, since: "1.0.1", "O(N)", "Sets several values."),
        Row(
            "msetex", .write, arity: -4, [.write, .denyoom], in: .string,
            keys: [.counted(1, step: 2, [.overwrite, .update])],
            tips: ["request_policy:multi_shard", "response_policy:all_succeeded"],
            group: .string, since: "8.4.0", "O(N)", "Sets several values with one time to live."),
        Row(
            "msetnx", .write, arity: -3, [.write, .denyoom], in: .string,
            keys: [.keys(1, step: 2, [.overwrite, .insert])],
            tips: ["request_policy:multi_shard", "response_policy:agg_min"], group: .string, since: "1.0.1", "O(N)",
            "Sets several values unless one of the keys is there."),
        Row(
            "psetex", .write, arity: 4, [.write, .denyoom], in: .string, keys: [.key(1, [.overwrite, .update])],
            group: .string, since: "2.6.0", "O(1)", "Sets a value that lives for some milliseconds."),
        Row(
            "set", .write, arity: -3, [.write, .denyoom], in: .string,
            keys: [
                .key(
                    1, [.readWrite, .access, .update, .variable],
                    notes: "RW and ACCESS due to the optional `GET` argument")
            ],
            group: .string, since: "1.0.0", "O(1)", "Sets a value."),
        Row(
            "setbit", .write, arity: 4, [.write, .denyoom], in: .bitmap,
            keys: [.key(1, [.readWrite, .access, .update])], group: .bitmap, since: "2.2.0", "O(1)",
            "Sets or clears one bit of a string."),
        Row(
            "setex", .write, arity: 4, [.write, .denyoom], in: .string, keys: [.key(1, [.overwrite, .update])],
            group: .string, since: "2.0.0", "O(1)", "Sets a value that lives for some seconds."),
        Row(
            "setnx", .write, arity: 3, [.write, .denyoom, .fast], in: .string,
            keys: [.key(1, [.overwrite, .insert])], group: .string, since: "1.0.0", "O(1)",
            "Sets a value unless the key is there."),
        Row(
            "setrange", .write, arity: 4, [.write, .denyoom], in: .string, keys: [.key(1, [.readWrite, .update])],
            group: .string, since: "2.2.0", "O(1)", "Overwrites part of a value."),
    ]
}
