extension CommandTable {
    /// Changes to keys and databases, refused.
    static let refusedKeyWrites: [Row] = [
        Row(
            "copy", .write, arity: -3, [.write, .denyoom], in: .keyspace,
            keys: [.key(1, [.readOnly, .access]), .key(2, [.overwrite, .update])],
            group: .generic, since: "6.2.0", "O(N)", "Copies a value to another key."),
        Row(
            "del", .write, arity: -2, .write, in: .keyspace, keys: [.keys(1, [.remove, .delete])],
            tips: ["request_policy:multi_shard", "response_policy:agg_sum"], group: .generic, since: "1.0.0", "O(N)",
            "Deletes keys."),
        Row(
            "expire", .write, arity: -3, [.write, .fast], in: .keyspace, keys: [.key(1, [.readWrite, .update])],
            group: .generic, since: "1.0.0", "O(1)", "Sets how many seconds a key lives."),
        Row(
            "expireat", .write, arity: -3, [.write, .fast], in: .keyspace, keys: [.key(1, [.readWrite, .update])],
            group: .generic, since: "1.2.0", "O(1)", "Sets the Unix second at which a key dies."),
        Row(
            "flushall", .write, arity: -1, .write, in: [.keyspace, .dangerous],
            tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
            group: .server, since: "1.0.0", "O(N)", "Deletes every key of every database."),
        Row(
            "flushdb", .write, arity: -1, .write, in: [.keyspace, .dangerous],
            tips: ["request_policy:all_shards", "response_policy:all_succeeded"],
            group: .server, since: "1.0.0", "O(N)", "Deletes every key of a database."),
        Row(
            "migrate", .write, arity: -6, .write, in: [.keyspace, .dangerous],
            keys: [
                .key(3, [.readWrite, .access, .delete]),
                .after("KEYS", from: -2, last: -1, [.readWrite, .access, .delete, .incomplete]),
            ],
            tips: ["nondeterministic_output"], group: .generic, since: "2.6.0", "O(N)",
            "Moves keys to another server."),
        Row(
            "move", .write, arity: 3, [.write, .fast], in: .keyspace,
            keys: [.key(1, [.readWrite, .access, .update])], group: .generic, since: "1.0.0", "O(1)",
            "Moves a key to another database."),
        Row(
            "persist", .write, arity: 2, [.write, .fast], in: .keyspace, keys: [.key(1, [.readWrite, .update])],
            group: .generic, since: "2.2.0", "O(1)", "Takes away a key's end of life."),
        Row(
            "pexpire", .write, arity: -3, [.write, .fast], in: .keyspace, keys: [.key(1, [.readWrite, .update])],
            group: .generic, since: "2.6.0", "O(1)", "Sets how many milliseconds a key lives."),
        Row(
            "pexpireat", .write, arity: -3, [.write, .fast], in: .keyspace, keys: [.key(1, [.readWrite, .update])],
            group: .generic, since: "2.6.0", "O(1)", "Sets the Unix millisecond at which a key dies."),
        Row(
            "rename", .write, arity: 3, .write, in: .keyspace,
            keys: [.key(1, [.readWrite, .access, .delete]), .key(2, [.overwrite, .update])],
            group: .generic, since: "1.0.0", "O(1)", "Gives a key another name, replacing what was there."),
        Row(
            "renamenx", .write, arity: 3, [.write, .fast], in: .keyspace,
            keys: [.key(1, [.readWrite, .access, .delete]), .key(2, [.overwrite, .insert])],
            group: .generic, since: "1.0.0", "O(1)", "Gives a key another name unless that name is taken."),
        Row(
            "restore", .write, arity: -4, [.write, .denyoom], in: [.keyspace, .dangerous],
            keys: [.key(1, [.overwrite, .update])], group: .generic, since: "2.6.0", "O(1)",
            "Makes a key from a dumped value."),
        Row(
            "restore-asking", .write, arity: -4, [.write, .denyoom, .asking], in: [.keyspace, .dangerous],
            keys: [.key(1, [.overwrite, .update])], group: .server, since: "3.0.0", "O(1)",
            "Makes a key from a dumped value while its slot moves.", isInternal: true),
        Row(
            "sort", .write, arity: -2, [.write, .denyoom], in: [.set, .sortedSet, .list, .dangerous],
            keys: [
                .key(1, [.readOnly, .access]),
                .unknown(
                    [.readOnly, .access],
                    notes: "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive "
                        + "from the content of the key we sort"),
                .unknown(
                    [.overwrite, .update],
                    notes: "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear "
                        + "anywhere in the argument array"),
            ],
            group: .generic, since: "1.0.0", "O(N+M*log(M))",
            "Sorts the elements of a list, set or sorted set, and may store the result."),
        Row(
            "swapdb", .write, arity: 3, [.write, .fast], in: [.keyspace, .dangerous],
            group: .server, since: "4.0.0", "O(N)", "Exchanges two databases."),
        Row(
            "unlink", .write, arity: -2, [.write, .fast], in: .keyspace, keys: [.keys(1, [.remove, .delete])],
            tips: ["request_policy:multi_shard", "response_policy:agg_sum"], group: .generic, since: "4.0.0", "O(1)",
            "Deletes keys and frees their memory later."),
    ]
}
