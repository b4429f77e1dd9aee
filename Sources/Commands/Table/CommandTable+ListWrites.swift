extension CommandTable {
    /// Changes to lists, refused.
    static let refusedListWrites: [Row] = [
        Row(
            "blmove", .write, arity: 6, [.write, .denyoom, .noscript, .blocking], in: .list,
            keys: [.key(1, [.readWrite, .access, .delete]), .key(2, [.readWrite, .insert])],
            group: .list, since: "6.2.0", "O(1)", "Moves an element between lists, waiting for one."),
        Row(
            "blmpop", .write, arity: -5, [.write, .blocking], in: .list,
            keys: [.counted(2, [.readWrite, .access, .delete])], group: .list, since: "7.0.0", "O(N+M)",
            "Takes elements from the first list that has some, waiting for one."),
        Row(
            "blpop", .write, arity: -3, [.write, .noscript, .blocking], in: .list,
            keys: [.keys(1, last: -2, [.readWrite, .access, .delete])], group: .list, since: "2.0.0", "O(N)",
            "Takes the first element of the first list that has one, waiting for it."),
        Row(
            "brpop", .write, arity: -3, [.write, .noscript, .blocking], in: .list,
            keys: [.keys(1, last: -2, [.readWrite, .access, .delete])], group: .list, since: "2.0.0", "O(N)",
            "Takes the last element of the first list that has one, waiting for it."),
        Row(
            "brpoplpush", .write, arity: 4, [.write, .denyoom, .noscript, .blocking], in: .list,
            keys: [.key(1, [.readWrite, .access, .delete]), .key(2, [.readWrite, .insert])],
            group: .list, since: "2.2.0", "O(1)",
            "Moves the last element of a list to the front of another, waiting for one.",
            deprecated: ("6.2.0", "`BLMOVE` with the `RIGHT` and `LEFT` arguments")),
        Row(
            "linsert", .write, arity: 5, [.write, .denyoom], in: .list, keys: [.key(1, [.readWrite, .insert])],
            group: .list, since: "2.2.0", "O(N)", "Adds an element before or after another in a list."),
        Row(
            "lmove", .write, arity: 5, [.write, .denyoom], in: .list,
            keys: [.key(1, [.readWrite, .access, .delete]), .key(2, [.readWrite, .insert])],
            group: .list, since: "6.2.0", "O(1)", "Moves an element from an end of a list to an end of another."),
        Row(
            "lmpop", .write, arity: -4, .write, in: .list, keys: [.counted(1, [.readWrite, .access, .delete])],
            group: .list, since: "7.0.0", "O(N+M)", "Takes elements from the first list that has some."),
        Row(
            "lpop", .write, arity: -2, [.write, .fast], in: .list, keys: [.key(1, [.readWrite, .access, .delete])],
            group: .list, since: "1.0.0", "O(N)", "Takes elements from the front of a list."),
        Row(
            "lpush", .write, arity: -3, [.write, .denyoom, .fast], in: .list, keys: [.key(1, [.readWrite, .insert])],
            group: .list, since: "1.0.0", "O(1)", "Adds elements to the front of a list, making it if need be."),
        Row(
            "lpushx", .write, arity: -3, [.write, .denyoom, .fast], in: .list,
            keys: [.key(1, [.readWrite, .insert])], group: .list, since: "2.2.0", "O(1)",
            "Adds elements to the front of a list that exists."),
        Row(
            "lrem", .write, arity: 4, .write, in: .list, keys: [.key(1, [.readWrite, .delete])],
            group: .list, since: "1.0.0", "O(N+M)", "Removes elements of a value from a list."),
        Row(
            "lset", .write, arity: 4, [.write, .denyoom], in: .list, keys: [.key(1, [.readWrite, .update])],
            group: .list, since: "1.0.0", "O(N)", "Replaces an element of a list."),
        Row(
            "ltrim", .write, arity: 4, .write, in: .list, keys: [.key(1, [.readWrite, .delete])],
            group: .list, since: "1.0.0", "O(N)", "Cuts a list down to a range."),
        Row(
            "rpop", .write, arity: -2, [.write, .fast], in: .list, keys: [.key(1, [.readWrite, .access, .delete])],
            group: .list, since: "1.0.0", "O(N)", "Takes elements from the end of a list."),
        Row(
            "rpoplpush", .write, arity: 3, [.write, .denyoom], in: .list,
            keys: [.key(1, [.readWrite, .access, .delete]), .key(2, [.readWrite, .insert])],
            group: .list, since: "1.2.0", "O(1)", "Moves the last element of a list to the front of another.",
            deprecated: ("6.2.0", "`LMOVE` with the `RIGHT` and `LEFT` arguments")),
        Row(
            "rpush", .write, arity: -3, [.write, .denyoom, .fast], in: .list, keys: [.key(1, [.readWrite, .insert])],
            group: .list, since: "1.0.0", "O(1)", "Adds elements to the end of a list, making it if need be."),
        Row(
            "rpushx", .write, arity: -3, [.write, .denyoom, .fast], in: .list,
            keys: [.key(1, [.readWrite, .insert])], group: .list, since: "2.2.0", "O(1)",
            "Adds elements to the end of a list that exists."),
    ]
}
