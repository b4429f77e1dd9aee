extension CommandTable {
    /// Commands that make something of string values.
    static let values: [Row] = [
        Row(
            "getbit", .getbit, arity: 3, [.readonly, .fast], in: .bitmap, keys: [.key(1, [.readOnly, .access])],
            group: .bitmap, since: "2.2.0", "O(1)", "Gives one bit of a value."),
        Row(
            "bitcount", .bitcount, arity: -2, .readonly, in: .bitmap, keys: [.key(1, [.readOnly, .access])],
            group: .bitmap, since: "2.6.0", "O(N)", "Counts the bits that are set in a value or in part of it."),
        Row(
            "bitpos", .bitpos, arity: -3, .readonly, in: .bitmap, keys: [.key(1, [.readOnly, .access])],
            group: .bitmap, since: "2.8.7", "O(N)", "Finds the first bit of a value that is set, or that is clear."),
        Row(
            "bitfield_ro", .bitfieldReadOnly, arity: -2, [.readonly, .fast], in: .bitmap,
            keys: [.key(1, [.readOnly, .access])], group: .bitmap, since: "6.0.0", "O(1) for each field",
            "Gives integers of any width that lie in a value."),
        Row(
            "lcs", .lcs, arity: -3, .readonly, in: .string, keys: [.keys(1, last: 1, [.readOnly, .access])],
            group: .string, since: "7.0.0", "O(N*M)", "Finds the longest subsequence that two values have in common."),
        Row(
            "pfcount", .pfcount, arity: -2, .readonly, in: .hyperloglog,
            keys: [
                .keys(
                    1, [.readWrite, .access],
                    notes: """
                        RW because it may change the internal representation of the key, and propagate to replicas
                        """)
            ],
            group: .hyperloglog, since: "2.8.9", "O(N)",
            "Estimates how many different elements the HyperLogLogs at some keys have seen together."),
        Row(
            "dump", .dump, arity: 2, .readonly, in: .keyspace, keys: [.key(1, [.readOnly, .access])],
            tips: ["nondeterministic_output"], group: .generic, since: "2.6.0", "O(N)",
            "Gives a value in the form that RESTORE takes."),
        Row(
            "sort_ro", .sortReadOnly, arity: -2, .readonly, in: [.set, .sortedSet, .list, .dangerous],
            keys: [
                .key(1, [.readOnly, .access]),
                .unknown(
                    [.readOnly, .access],
                    notes: """
                        For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from the \
                        content of the key we sort
                        """),
            ],
            group: .generic, since: "7.0.0", "O(1)",
            "Sorts the elements of a list or a set; a string has none."),
        Row(
            "object", .container, arity: -2, [], group: .generic, since: "2.2.3", "Depends on subcommand.",
            "Holds the commands about how values are kept.",
            subcommands: [
                Row(
                    "encoding", .objectEncoding, arity: 3, .readonly, in: .keyspace, keys: [.key(2, .readOnly)],
                    tips: ["nondeterministic_output"], group: .generic, since: "2.2.3", "O(1)",
                    "Tells in which form Redis would keep a value."),
                Row(
                    "freq", .objectFrequency, arity: 3, .readonly, in: .keyspace, keys: [.key(2, .readOnly)],
                    tips: ["nondeterministic_output"], group: .generic, since: "4.0.0", "O(1)",
                    "Tells how often a key is read; not tracked here."),
                Row(
                    "idletime", .objectIdleTime, arity: 3, .readonly, in: .keyspace, keys: [.key(2, .readOnly)],
                    tips: ["nondeterministic_output"], group: .generic, since: "2.2.3", "O(1)",
                    "Tells how long a key has not been read; always 0 here."),
                Row(
                    "refcount", .objectReferenceCount, arity: 3, .readonly, in: .keyspace, keys: [.key(2, .readOnly)],
                    tips: ["nondeterministic_output"], group: .generic, since: "2.2.3", "O(1)",
                    "Tells how many keys would share a value in Redis."),
                Row(
                    "help", .objectHelp, arity: 2, [.loading, .stale], in: .keyspace, group: .generic, since: "6.2.0",
                    "O(1)", "Lists the sub-commands."),
            ]),
    ]
}
