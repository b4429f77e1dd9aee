extension CommandTable {
    /// Commands that read string values.
    static let strings: [Row] = [
        Row(
            "get", .get, arity: 2, [.readonly, .fast], in: .string, keys: [.key(1, [.readOnly, .access])],
            group: .string, since: "1.0.0", "O(1)", "Gives the value of a key."),
        Row(
            "mget", .mget, arity: -2, [.readonly, .fast], in: .string, keys: [.keys(1, [.readOnly, .access])],
            tips: ["request_policy:multi_shard"], group: .string, since: "1.0.0", "O(N)",
            "Gives the values of several keys, each of the same version."),
        Row(
            "exists", .exists, arity: -2, [.readonly, .fast], in: .keyspace, keys: [.keys(1, [.readOnly])],
            tips: ["request_policy:multi_shard", "response_policy:agg_sum"], group: .generic, since: "1.0.0", "O(N)",
            "Counts how many of the keys given are there."),
        Row(
            "strlen", .strlen, arity: 2, [.readonly, .fast], in: .string, keys: [.key(1, [.readOnly])],
            group: .string, since: "2.2.0", "O(1)", "Gives the length of a value in bytes."),
        Row(
            "getrange", .getrange, arity: 4, .readonly, in: .string, keys: [.key(1, [.readOnly, .access])],
            group: .string, since: "2.4.0", "O(N)", "Gives part of a value."),
        Row(
            "substr", .getrange, arity: 4, .readonly, in: .string, keys: [.key(1, [.readOnly, .access])],
            group: .string, since: "1.0.0", "O(N)", "Gives part of a value.", deprecated: ("2.0.0", "`GETRANGE`")),
    ]
}
