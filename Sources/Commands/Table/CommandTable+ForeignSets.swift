extension CommandTable {
    /// Reads of sets, of which there are none here.
    static let foreignSetReads: [Row] = [
        Row(
            "scard", .foreignRead, arity: 2, [.readonly, .fast], in: .set, keys: [.key(1, [.readOnly])], group: .set,
            since: "1.0.0", "O(1)", "Counts the members of a set."),
        Row(
            "sdiff", .foreignRead, arity: -2, .readonly, in: .set, keys: [.keys(1, [.readOnly, .access])],
            tips: ["nondeterministic_output_order"], group: .set, since: "1.0.0", "O(N)",
            "Gives the members of a set that no other set has."),
        Row(
            "sinter", .foreignRead, arity: -2, .readonly, in: .set, keys: [.keys(1, [.readOnly, .access])],
            tips: ["nondeterministic_output_order"], group: .set, since: "1.0.0", "O(N*M)",
            "Gives the members that all sets have."),
        Row(
            "sintercard", .foreignRead, arity: -3, .readonly, in: .set, keys: [.counted(1, [.readOnly, .access])],
            group: .set, since: "7.0.0", "O(N*M)", "Counts the members that all sets have."),
        Row(
            "sismember", .foreignRead, arity: 3, [.readonly, .fast], in: .set, keys: [.key(1, [.readOnly])],
            group: .set, since: "1.0.0", "O(1)", "Tells whether a set has a member."),
        Row(
            "smembers", .foreignRead, arity: 2, .readonly, in: .set, keys: [.key(1, [.readOnly, .access])],
            tips: ["nondeterministic_output_order"], group: .set, since: "1.0.0", "O(N)",
            "Gives the members of a set."),
        Row(
            "smismember", .foreignRead, arity: -3, [.readonly, .fast], in: .set, keys: [.key(1, [.readOnly, .access])],
            group: .set, since: "6.2.0", "O(N)", "Tells for each of some members whether a set has it."),
        Row(
            "srandmember", .foreignRead, arity: -2, .readonly, in: .set, keys: [.key(1, [.readOnly, .access])],
            tips: ["nondeterministic_output"], group: .set, since: "1.0.0", "O(1)", "Gives random members of a set."),
        Row(
            "sscan", .foreignRead, arity: -3, .readonly, in: .set, keys: [.key(1, [.readOnly, .access])],
            tips: ["nondeterministic_output"], group: .set, since: "2.8.0", "O(1)",
            "Goes through the members of a set, a page at a time."),
        Row(
            "sunion", .foreignRead, arity: -2, .readonly, in: .set, keys: [.keys(1, [.readOnly, .access])],
            tips: ["nondeterministic_output_order"], group: .set, since: "1.0.0", "O(N)",
            "Gives the members of all sets together."),
    ]
}
