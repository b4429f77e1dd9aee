extension CommandTable {
    /// Changes to hashes, refused.
    static let refusedHashWrites: [Row] = [
        Row(
            "hdel", .write, arity: -3, [.write, .fast], in: .hash, keys: [.key(1, [.readWrite, .delete])],
            group: .hash, since: "2.0.0", "O(N)", "Deletes fields of a hash."),
        Row(
            "hexpire", .write, arity: -6, [.write, .denyoom, .fast], in: .hash,
            keys: [.key(1, [.readWrite, .update])], group: .hash, since: "7.4.0", "O(N)",
            "Sets how many seconds fields of a hash live."),
        Row(
            "hexpireat", .write, arity: -6, [.write, .denyoom, .fast], in: .hash,
            keys: [.key(1, [.readWrite, .update])], group: .hash, since: "7.4.0", "O(N)",
            "Sets the Unix second at which fields of a hash die."),
        Row(
            "hgetdel", .write, arity: -5, [.write, .fast], in: .hash,
            keys: [.key(1, [.readWrite, .access, .delete])], group: .hash, since: "8.0.0", "O(N)",
            "Gives fields of a hash and deletes them."),
        Row(
            "hgetex", .write, arity: -5, [.write, .fast], in: .hash, keys: [.key(1, [.readWrite, .access, .update])],
            group: .hash, since: "8.0.0", "O(N)", "Gives fields of a hash and changes their time to live."),
        Row(
            "hincrby", .write, arity: 4, [.write, .denyoom, .fast], in: .hash,
            keys: [.key(1, [.readWrite, .access, .update])], group: .hash, since: "2.0.0", "O(1)",
            "Adds an integer to a field of a hash."),
        Row(
            "hincrbyfloat", .write, arity: 4, [.write, .denyoom, .fast], in: .hash,
            keys: [.key(1, [.readWrite, .access, .update])], group: .hash, since: "2.6.0", "O(1)",
            "Adds a number to a field of a hash."),
        Row(
            "hmset", .write, arity: -4, [.write, .denyoom, .fast], in: .hash, keys: [.key(1, [.readWrite, .update])],
            group: .hash, since: "2.0.0", "O(N)", "Sets several fields of a hash.",
            deprecated: ("4.0.0", "`HSET` with multiple field-value pairs")),
        Row(
            "hpersist", .write, arity: -5, [.write, .fast], in: .hash, keys: [.key(1, [.readWrite, .update])],
            group: .hash, since: "7.4.0", "O(N)", "Takes away the end of life of fields of a hash."),
        Row(
            "hpexpire", .write, arity: -6, [.write, .denyoom, .fast], in: .hash,
            keys: [.key(1, [.readWrite, .update])], group: .hash, since: "7.4.0", "O(N)",
            "Sets how many milliseconds fields of a hash live."),
        Row(
            "hpexpireat", .write, arity: -6, [.write, .denyoom, .fast], in: .hash,
            keys: [.key(1, [.readWrite, .update])], group: .hash, since: "7.4.0", "O(N)",
            "Sets the Unix millisecond at which fields of a hash die."),
        Row(
            "hset", .write, arity: -4, [.write, .denyoom, .fast], in: .hash, keys: [.key(1, [.readWrite, .update])],
            group: .hash, since: "2.0.0", "O(1)", "Sets fields of a hash."),
        Row(
            "hsetex", .write, arity: -6, [.write, .denyoom, .fast], in: .hash,
            keys: [.key(1, [.readWrite, .update])], group: .hash, since: "8.0.0", "O(N)",
            "Sets fields of a hash with a time to live."),
        Row(
            "hsetnx", .write, arity: 4, [.write, .denyoom, .fast], in: .hash, keys: [.key(1, [.readWrite, .insert])],
            group: .hash, since: "2.0.0", "O(1)", "Sets a field of a hash unless it is there."),
    ]
}
