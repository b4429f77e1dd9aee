extension CommandTable {
    /// Reads of the times to live of a hash's fields, which Redis has since 7.4.
    static let foreignFieldTimeReads: [Row] = [
        Row(
            "hexpiretime", .foreignRead, arity: -5, [.readonly, .fast], in: .hash,
            keys: [.key(1, [.readOnly, .access])], group: .hash, since: "7.4.0", "O(N)",
            "Gives the Unix seconds at which fields of a hash die."),
        Row(
            "hpexpiretime", .foreignRead, arity: -5, [.readonly, .fast], in: .hash,
            keys: [.key(1, [.readOnly, .access])], group: .hash, since: "7.4.0", "O(N)",
            "Gives the Unix milliseconds at which fields of a hash die."),
        Row(
            "hpttl", .foreignRead, arity: -5, [.readonly, .fast], in: .hash, keys: [.key(1, [.readOnly, .access])],
            tips: ["nondeterministic_output"], group: .hash, since: "7.4.0", "O(N)",
            "Gives the milliseconds that fields of a hash have left."),
        Row(
            "httl", .foreignRead, arity: -5, [.readonly, .fast], in: .hash, keys: [.key(1, [.readOnly, .access])],
            tips: ["nondeterministic_output"], group: .hash, since: "7.4.0", "O(N)",
            "Gives the seconds that fields of a hash have left."),
    ]
}
