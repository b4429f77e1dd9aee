extension CommandTable {
    /// Reads of sorted sets, of which there are none here.
    static let foreignSortedSetReads: [Row] = [
        Row(
            "zcard", .foreignRead, arity: 2, [.readonly, .fast], in: .sortedSet, keys: [.key(1, [.readOnly])],
            group: .sortedSet, since: "1.2.0", "O(1)", "Counts the members of a sorted set."),
        Row(
            "zcount", .foreignRead, arity: 4, [.readonly, .fast], in: .sortedSet,
            keys: [.key(1, [.readOnly, .access])], group: .sortedSet, since: "2.0.0", "O(log(N))",
            "Counts the members between two scores."),
        Row(
            "zdiff", .foreignRead, arity: -3, .readonly, in: .sortedSet, keys: [.counted(1, [.readOnly, .access])],
            group: .sortedSet, since: "6.2.0", "O(L + (N-K)log(N))",
            "Gives the members of a sorted set that no other has."),
        Row(
            "zinter", .foreignRead, arity: -3, .readonly, in: .sortedSet, keys: [.counted(1, [.readOnly, .access])],
            group: .sortedSet, since: "6.2.0", "O(N*K)", "Gives the members that all sorted sets have."),
        Row(
            "zintercard", .foreignRead, arity: -3, .readonly, in: .sortedSet,
            keys: [.counted(1, [.readOnly, .access])], group: .sortedSet, since: "7.0.0", "O(N*K)",
            "Counts the members that all sorted sets have."),
        Row(
            "zlexcount", .foreignRead, arity: 4, [.readonly, .fast], in: .sortedSet,
            keys: [.key(1, [.readOnly, .access])], group: .sortedSet, since: "2.8.9", "O(log(N))",
            "Counts the members between two names."),
        Row(
            "zmscore", .foreignRead, arity: -3, [.readonly, .fast], in: .sortedSet,
            keys: [.key(1, [.readOnly, .access])], group: .sortedSet, since: "6.2.0", "O(N)",
            "Gives the scores of some members."),
        Row(
            "zrandmember", .foreignRead, arity: -2, .readonly, in: .sortedSet, keys: [.key(1, [.readOnly, .access])],
            tips: ["nondeterministic_output"], group: .sortedSet, since: "6.2.0", "O(N)",
            "Gives random members of a sorted set."),
        Row(
            "zrange", .foreignRead, arity: -4, .readonly, in: .sortedSet, keys: [.key(1, [.readOnly, .access])],
            group: .sortedSet, since: "1.2.0", "O(log(N)+M)", "Gives the members between two ranks, scores or names."),
        Row(
            "zrangebylex", .foreignRead, arity: -4, .readonly, in: .sortedSet, keys: [.key(1, [.readOnly, .access])],
            group: .sortedSet, since: "2.8.9", "O(log(N)+M)", "Gives the members between two names.",
            deprecated: ("6.2.0", "`ZRANGE` with the `BYLEX` argument")),
        Row(
            "zrangebyscore", .foreignRead, arity: -4, .readonly, in: .sortedSet, keys: [.key(1, [.readOnly, .access])],
            group: .sortedSet, since: "1.0.5", "O(log(N)+M)", "Gives the members between two scores.",
            deprecated: ("6.2.0", "`ZRANGE` with the `BYSCORE` argument")),
        Row(
            "zrank", .foreignRead, arity: 3, [.readonly, .fast], in: .sortedSet, keys: [.key(1, [.readOnly, .access])],
            group: .sortedSet, since: "2.0.0", "O(log(N))", "Gives the rank of a member, the lowest score first."),
        Row(
            "zrevrange", .foreignRead, arity: -4, .readonly, in: .sortedSet, keys: [.key(1, [.readOnly, .access])],
            group: .sortedSet, since: "1.2.0", "O(log(N)+M)",
            "Gives the members between two ranks, the highest score first.",
            deprecated: ("6.2.0", "`ZRANGE` with the `REV` argument")),
        Row(
            "zrevrangebylex", .foreignRead, arity: -4, .readonly, in: .sortedSet,
            keys: [.key(1, [.readOnly, .access])], group: .sortedSet, since: "2.8.9", "O(log(N)+M)",
            "Gives the members between two names, the last first.",
            deprecated: ("6.2.0", "`ZRANGE` with the `REV` and `BYLEX` arguments")),
        Row(
            "zrevrangebyscore", .foreignRead, arity: -4, .readonly, in: .sortedSet,
            keys: [.key(1, [.readOnly, .access])], group: .sortedSet, since: "2.2.0", "O(log(N)+M)",
            "Gives the members between two scores, the highest first.",
            deprecated: ("6.2.0", "`ZRANGE` with the `REV` and `BYSCORE` arguments")),
        Row(
            "zrevrank", .foreignRead, arity: 3, [.readonly, .fast], in: .sortedSet,
            keys: [.key(1, [.readOnly, .access])], group: .sortedSet, since: "2.0.0", "O(log(N))",
            "Gives the rank of a member, the highest score first."),
        Row(
            "zscan", .foreignRead, arity: -3, .readonly, in: .sortedSet, keys: [.key(1, [.readOnly, .access])],
            tips: ["nondeterministic_output"], group: .sortedSet, since: "2.8.0", "O(1)",
            "Goes through the members of a sorted set, a page at a time."),
        Row(
            "zscore", .foreignRead, arity: 3, [.readonly, .fast], in: .sortedSet,
            keys: [.key(1, [.readOnly, .access])], group: .sortedSet, since: "1.2.0", "O(1)",
            "Gives the score of a member."),
        Row(
            "zunion", .foreignRead, arity: -3, .readonly, in: .sortedSet, keys: [.counted(1, [.readOnly, .access])],
            group: .sortedSet, since: "6.2.0", "O(N)", "Gives the members of all sorted sets together."),
    ]
}
