extension CommandTable {
    /// Reads of lists, of which there are none here.
    static let foreignListReads: [Row] = [
        Row(
            "lindex", .foreignRead, arity: 3, .readonly, in: .list, keys: [.key(1, [.readOnly, .access])],
            group: .list, since: "1.0.0", "O(N)", "Gives the element of a list at an index."),
        Row(
            "llen", .foreignRead, arity: 2, [.readonly, .fast], in: .list, keys: [.key(1, [.readOnly])], group: .list,
            since: "1.0.0", "O(1)", "Counts the elements of a list."),
        Row(
            "lpos", .foreignRead, arity: -3, .readonly, in: .list, keys: [.key(1, [.readOnly, .access])], group: .list,
            since: "6.0.6", "O(N)", "Finds an element in a list."),
        Row(
            "lrange", .foreignRead, arity: 4, .readonly, in: .list, keys: [.key(1, [.readOnly, .access])],
            group: .list, since: "1.0.0", "O(S+N)", "Gives the elements of a list between two indices."),
    ]
}
