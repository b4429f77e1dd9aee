extension CommandTable {
    /// Changes to sets and sorted sets, refused.
    static let refusedSetWrites: [Row] = [
        Row(
            "bzmpop", .write, arity: -5, [.write, .blocking], in: .sortedSet,
            keys: [.counted(2, [.readWrite, .access, .delete])], group: .sortedSet, since: "7.0.0", "O(K)",
            "Takes members from the first sorted set that has some, waiting for one."),
        Row(
            "bzpopmax", .write, arity: -3, [.write, .noscript, .blocking, .fast], in: .sortedSet,
            keys: [.keys(1, last: -2, [.readWrite, .access, .delete])],
            group: .sortedSet, since: "5.0.0", "O(log(N))",
            "Takes the member with the highest score, waiting for one."),
        Row(
            "bzpopmin", .write, arity: -3, [.write, .noscript, .blocking, .fast], in: .sortedSet,
            keys: [.keys(1, last: -2, [.readWrite, .access, .delete])],
            group: .sortedSet, since: "5.0.0", "O(log(N))",
            "Takes the member with the lowest score, waiting for one."),
        Row(
            "sadd", .write, arity: -3, [.write, .denyoom, .fast], in: .set, keys: [.key(1, [.readWrite, .insert])],
            group: .set, since: "1.0.0", "O(1)", "Adds members to a set."),
        Row(
            "sdiffstore", .write, arity: -3, [.write, .denyoom], in: .set,
            keys: [.key(1, [.overwrite, .update]), .keys(2, [.readOnly, .access])],
            group: .set, since: "1.0.0", "O(N)", "Stores what a set has and others have not."),
        Row(
            "sinterstore", .write, arity: -3, [.write, .denyoom], in: .set,
            keys: [.key(1, [.readWrite, .update]), .keys(2, [.readOnly, .access])],
            group: .set, since: "1.0.0", "O(N*M)", "Stores what sets have in common."),
        Row(
            "smove", .write, arity: 4, [.write, .fast], in: .set,
            keys: [.key(1, [.readWrite, .access, .delete]), .key(2, [.readWrite, .insert])],
            group: .set, since: "1.0.0", "O(1)", "Moves a member from one set to another."),
        Row(
            "spop", .write, arity: -2, [.write, .fast], in: .set, keys: [.key(1, [.readWrite, .access, .delete])],
            tips: ["nondeterministic_output"], group: .set, since: "1.0.0", "O(1)",
            "Takes random members from a set."),
        Row(
            "srem", .write, arity: -3, [.write, .fast], in: .set, keys: [.key(1, [.readWrite, .delete])],
            group: .set, since: "1.0.0", "O(N)", "Removes members from a set."),
        Row(
            "sunionstore", .write, arity: -3, [.write, .denyoom], in: .set,
            keys: [.key(1, [.overwrite, .update]), .keys(2, [.readOnly, .access])],
            group: .set, since: "1.0.0", "O(N)", "Stores all members of sets."),
        Row(
            "zadd", .write, arity: -4, [.write, .denyoom, .fast], in: .sortedSet,
            keys: [.key(1, [.readWrite, .update])], group: .sortedSet, since: "1.2.0", "O(log(N))",
            "Adds members to a sorted set, or changes their scores."),
        Row(
            "zdiffstore", .write, arity: -4, [.write, .denyoom], in: .sortedSet,
            keys: [.key(1, [.overwrite, .update]), .counted(2, [.readOnly, .access])],
            group: .sortedSet, since: "6.2.0", "O(L + (N-K)log(N))",
            "Stores what a sorted set has and others have not."),
        Row(
            "zincrby", .write, arity: 4, [.write, .denyoom, .fast], in: .sortedSet,
            keys: [.key(1, [.readWrite, .access, .update])], group: .sortedSet, since: "1.2.0", "O(log(N))",
            "Adds to a member's score."),
        Row(
            "zinterstore", .write, arity: -4, [.write, .denyoom], in: .sortedSet,
            keys: [.key(1, [.overwrite, .update]), .counted(2, [.readOnly, .access])],
            group: .sortedSet, since: "2.0.0", "O(N*K)", "Stores what sorted sets have in common."),
        Row(
            "zmpop", .write, arity: -4, .write, in: .sortedSet, keys: [.counted(1, [.readWrite, .access, .delete])],
            group: .sortedSet, since: "7.0.0", "O(K)", "Takes members from the first sorted set that has some."),
        Row(
            "zpopmax", .write, arity: -2, [.write, .fast], in: .sortedSet,
            keys: [.key(1, [.readWrite, .access, .delete])], group: .sortedSet, since: "5.0.0", "O(log(N)*M)",
            "Takes the members with the highest scores."),
        Row(
            "zpopmin", .write, arity: -2, [.write, .fast], in: .sortedSet,
            keys: [.key(1, [.readWrite, .access, .delete])], group: .sortedSet, since: "5.0.0", "O(log(N)*M)",
            "Takes the members with the lowest scores."),
        Row(
            "zrangestore", .write, arity: -5, [.write, .denyoom], in: .sortedSet,
            keys: [.key(1, [.overwrite, .update]), .key(2, [.readOnly, .access])],
            group: .sortedSet, since: "6.2.0", "O(log(N)+M)", "Stores a range of a sorted set."),
        Row(
            "zrem", .write, arity: -3, [.write, .fast], in: .sortedSet, keys: [.key(1, [.readWrite, .delete])],
            group: .sortedSet, since: "1.2.0", "O(M*log(N))", "Removes members from a sorted set."),
        Row(
            "zremrangebylex", .write, arity: 4, .write, in: .sortedSet, keys: [.key(1, [.readWrite, .delete])],
            group: .sortedSet, since: "2.8.9", "O(log(N)+M)", "Removes members between two names."),
        Row(
            "zremrangebyrank", .write, arity: 4, .write, in: .sortedSet, keys: [.key(1, [.readWrite, .delete])],
            group: .sortedSet, since: "2.0.0", "O(log(N)+M)", "Removes members between two ranks."),
        Row(
            "zremrangebyscore", .write, arity: 4, .write, in: .sortedSet, keys: [.key(1, [.readWrite, .delete])],
            group: .sortedSet, since: "1.2.0", "O(log(N)+M)", "Removes members between two scores."),
        Row(
            "zunionstore", .write, arity: -4, [.write, .denyoom], in: .sortedSet,
            keys: [.key(1, [.overwrite, .update]), .counted(2, [.readOnly, .access])],
            group: .sortedSet, since: "2.0.0", "O(N)", "Stores all members of sorted sets."),
    ]
}
