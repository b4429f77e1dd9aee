extension CommandTable {
    /// Reads of hashes, of which there are none here.
    static let foreignHashReads: [Row] = [
        Row(
            "hexists", .foreignRead, arity: 3, [.readonly, .fast], in: .hash, keys: [.key(1, [.readOnly])],
            group: .hash, since: "2.0.0", "O(1)", "Tells whether a hash has a field."),
        Row(
            "hget", .foreignRead, arity: 3, [.readonly, .fast], in: .hash, keys: [.key(1, [.readOnly, .access])],
            group: .hash, since: "2.0.0", "O(1)", "Gives a field of a hash."),
        Row(
            "hgetall", .foreignRead, arity: 2, .readonly, in: .hash, keys: [.key(1, [.readOnly, .access])],
            tips: ["nondeterministic_output_order"], group: .hash, since: "2.0.0", "O(N)",
            "Gives the fields and values of a hash."),
        Row(
            "hkeys", .foreignRead, arity: 2, .readonly, in: .hash, keys: [.key(1, [.readOnly, .access])],
            tips: ["nondeterministic_output_order"], group: .hash, since: "2.0.0", "O(N)",
            "Gives the fields of a hash."),
        Row(
            "hlen", .foreignRead, arity: 2, [.readonly, .fast], in: .hash, keys: [.key(1, [.readOnly])], group: .hash,
            since: "2.0.0", "O(1)", "Counts the fields of a hash."),
        Row(
            "hmget", .foreignRead, arity: -3, [.readonly, .fast], in: .hash, keys: [.key(1, [.readOnly, .access])],
            group: .hash, since: "2.0.0", "O(N)", "Gives some fields of a hash."),
        Row(
            "hrandfield", .foreignRead, arity: -2, .readonly, in: .hash, keys: [.key(1, [.readOnly, .access])],
            tips: ["nondeterministic_output"], group: .hash, since: "6.2.0", "O(N)", "Gives random fields of a hash."),
        Row(
            "hscan", .foreignRead, arity: -3, .readonly, in: .hash, keys: [.key(1, [.readOnly, .access])],
            tips: ["nondeterministic_output"], group: .hash, since: "2.8.0", "O(1)",
            "Goes through the fields of a hash, a page at a time."),
        Row(
            "hstrlen", .foreignRead, arity: 3, [.readonly, .fast], in: .hash, keys: [.key(1, [.readOnly])],
            group: .hash, since: "3.2.0", "O(1)", "Gives the length of a field's value in bytes."),
        Row(
            "hvals", .foreignRead, arity: 2, .readonly, in: .hash, keys: [.key(1, [.readOnly, .access])],
            tips: ["nondeterministic_output_order"], group: .hash, since: "2.0.0", "O(N)",
            "Gives the values of a hash."),
    ]
}
