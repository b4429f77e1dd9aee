extension CommandTable {
    /// Commands about keys, whatever their values.
    static let keyspace: [Command] = [
        Command(
            "scan", .scan, arity: -2, .readonly, in: .keyspace,
            tips: ["nondeterministic_output", "request_policy:special"], group: .generic, since: "2.8.0", "O(1)",
            "Goes through the keys, a page at a time."),
        Command(
            "keys", .keys, arity: 2, .readonly, in: [.keyspace, .dangerous],
            tips: ["request_policy:all_shards", "nondeterministic_output_order"],
            group: .generic, since: "1.0.0", "O(N)", "Gives the keys that match a pattern."),
        Command(
            "dbsize", .dbsize, arity: 1, [.readonly, .fast], in: .keyspace,
            tips: ["request_policy:all_shards", "response_policy:agg_sum"], group: .server, since: "1.0.0", "O(1)",
            "Gives the number of keys."),
        Command(
            "randomkey", .randomkey, arity: 1, .readonly, in: .keyspace,
            tips: ["request_policy:all_shards", "nondeterministic_output"], group: .generic, since: "1.0.0", "O(1)",
            "Gives some key."),
        Command(
            "type", .type, arity: 2, [.readonly, .fast], in: .keyspace, keys: [.key(1, [.readOnly])],
            group: .generic, since: "1.0.0", "O(1)", "Gives the type of a key's value."),
        Command(
            "touch", .touch, arity: -2, [.readonly, .fast], in: .keyspace, keys: [.keys(1, [.readOnly])],
            tips: ["request_policy:multi_shard", "response_policy:agg_sum"], group: .generic, since: "3.2.1", "O(N)",
            "Counts how many of the keys given are there."),
        Command(
            "ttl", .timeToLive, arity: 2, [.readonly, .fast], in: .keyspace, keys: [.key(1, [.readOnly, .access])],
            tips: ["nondeterministic_output"], group: .generic, since: "1.0.0", "O(1)",
            "Gives the seconds a key has left."),
        Command(
            "pttl", .timeToLive, arity: 2, [.readonly, .fast], in: .keyspace, keys: [.key(1, [.readOnly, .access])],
            tips: ["nondeterministic_output"], group: .generic, since: "2.6.0", "O(1)",
            "Gives the milliseconds a key has left."),
        Command(
            "expiretime", .timeToLive, arity: 2, [.readonly, .fast], in: .keyspace,
            keys: [.key(1, [.readOnly, .access])], group: .generic, since: "7.0.0", "O(1)",
            "Gives the Unix second at which a key dies."),
        Command(
            "pexpiretime", .timeToLive, arity: 2, [.readonly, .fast], in: .keyspace,
            keys: [.key(1, [.readOnly, .access])], group: .generic, since: "7.0.0", "O(1)",
            "Gives the Unix millisecond at which a key dies."),
    ]
}
