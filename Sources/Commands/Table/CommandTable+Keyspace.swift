extension CommandTable {
    /// Commands about keys, whatever their values.
    static let keyspace: [Row] = [
        Row(
            "scan", .scan, arity: -2, .readonly, in: .keyspace,
            tips: ["nondeterministic_output", "request_policy:special"], group: .generic, since: "2.8.0", "O(1)",
            "Goes through the keys, a page at a time."),
        Row(
            "keys", .keys, arity: 2, .readonly, in: [.keyspace, .dangerous],
            tips: ["request_policy:all_shards", "nondeterministic_output_order"],
            group: .generic, since: "1.0.0", "O(N)", "Gives the keys that match a pattern."),
        Row(
            "dbsize", .dbsize, arity: 1, [.readonly, .fast], in: .keyspace,
            tips: ["request_policy:all_shards", "response_policy:agg_sum"], group: .server, since: "1.0.0", "O(1)",
            "Gives the number of keys."),
        Row(
            "randomkey", .randomkey, arity: 1, .readonly, in: .keyspace,
            tips: ["request_policy:all_shards", "nondeterministic_output"], group: .generic, since: "1.0.0", "O(1)",
            "Gives some key."),
        Row(
            "type", .type, arity: 2, [.readonly, .fast], in: .keyspace, keys: [.key(1, [.readOnly])],
            group: .generic, since: "1.0.0", "O(1)", "Gives the type of a key's value."),
        Row(
            "touch", .touch, arity: -2, [.readonly, .fast], in: .keyspace, keys: [.keys(1, [.readOnly])],
            tips: ["request_policy:multi_shard", "response_policy:agg_sum"], group: .generic, since: "3.2.1", "O(N)",
            "Counts how many of the keys given are there."),
        Row(
            "ttl", .timeToLive, arity: 2, [.readonly, .fast], in: .keyspace, keys: [.key(1, [.readOnly, .access])],
            tips: ["nondeterministic_output"], group: .generic, since: "1.0.0", "O(1)",
            "Gives the seconds a key has left."),
        Row(
            "pttl", .timeToLive, arity: 2, [.readonly, .fast], in: .keyspace, keys: [.key(1, [.readOnly, .access])],
            tips: ["nondeterministic_output"], group: .generic, since: "2.6.0", "O(1)",
            "Gives the milliseconds a key has left."),
        Row(
            "expiretime", .timeToLive, arity: 2, [.readonly, .fast], in: .keyspace,
            keys: [.key(1, [.readOnly, .access])], group: .generic, since: "7.0.0", "O(1)",
            "Gives the Unix second at which a key dies."),
        Row(
            "pexpiretime", .timeToLive, arity: 2, [.readonly, .fast], in: .keyspace,
            keys: [.key(1, [.readOnly, .access])], group: .generic, since: "7.0.0", "O(1)",
            "Gives the Unix millisecond at which a key dies."),
    ]
}
