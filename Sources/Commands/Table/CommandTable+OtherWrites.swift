extension CommandTable {
    /// Changes to the rarer types, and to functions, refused.
    static let refusedOtherWrites: [Row] = [
        Row(
            "ardel", .write, arity: -3, [.write, .fast], in: .array, keys: [.key(1, [.readWrite, .delete])],
            group: .array, since: "8.8.0", "O(N)", "Deletes elements of an array."),
        Row(
            "ardelrange", .write, arity: -4, .write, in: .array, keys: [.key(1, [.readWrite, .delete])],
            group: .array, since: "8.8.0", "O(N)", "Deletes ranges of an array."),
        Row(
            "arinsert", .write, arity: -3, [.write, .denyoom, .fast], in: .array,
            keys: [.key(1, [.readWrite, .update])], group: .array, since: "8.8.0", "O(N)",
            "Adds elements to an array."),
        Row(
            "armset", .write, arity: -4, [.write, .denyoom, .fast], in: .array,
            keys: [.key(1, [.readWrite, .update])], group: .array, since: "8.8.0", "O(N)",
            "Sets elements of an array."),
        Row(
            "arring", .write, arity: -4, [.write, .denyoom], in: .array, keys: [.key(1, [.readWrite, .update])],
            group: .array, since: "8.8.0", "O(N+M)", "Adds elements to an array used as a ring."),
        Row(
            "arseek", .write, arity: 3, [.write, .fast], in: .array, keys: [.key(1, [.readWrite, .update])],
            group: .array, since: "8.8.0", "O(1)", "Moves the insertion point of an array."),
        Row(
            "arset", .write, arity: -4, [.write, .denyoom, .fast], in: .array,
            keys: [.key(1, [.readWrite, .update])], group: .array, since: "8.8.0", "O(N)",
            "Sets neighbouring elements of an array."),
        Row(
            "geoadd", .write, arity: -5, [.write, .denyoom], in: .geo, keys: [.key(1, [.readWrite, .update])],
            group: .geo, since: "3.2.0", "O(log(N))", "Adds places to a geospatial index."),
        Row(
            "georadius", .write, arity: -6, [.write, .denyoom], in: .geo,
            keys: [
                .key(1, [.readOnly, .access]),
                .after("STORE", from: 6, [.overwrite, .update]),
                .after("STOREDIST", from: 6, [.overwrite, .update]),
            ],
            group: .geo, since: "3.2.0", "O(N+log(M))",
            "Finds members within a distance of a point, and may store them.",
            deprecated: ("6.2.0", "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument")),
        Row(
            "georadiusbymember", .write, arity: -5, [.write, .denyoom], in: .geo,
            keys: [
                .key(1, [.readOnly, .access]),
                .after("STORE", from: 5, [.overwrite, .update]),
                .after("STOREDIST", from: 5, [.overwrite, .update]),
            ],
            group: .geo, since: "3.2.0", "O(N+log(M))",
            "Finds members within a distance of a member, and may store them.",
            deprecated: ("6.2.0", "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments")),
        Row(
            "geosearchstore", .write, arity: -8, [.write, .denyoom], in: .geo,
            keys: [.key(1, [.overwrite, .update]), .key(2, [.readOnly, .access])],
            group: .geo, since: "6.2.0", "O(N+log(M))", "Stores the members inside a circle or box."),
        Row(
            "pfadd", .write, arity: -2, [.write, .denyoom, .fast], in: .hyperloglog,
            keys: [.key(1, [.readWrite, .insert])], group: .hyperloglog, since: "2.8.9", "O(1)",
            "Adds elements to a HyperLogLog."),
        Row(
            "pfdebug", .write, arity: 3, [.write, .denyoom, .admin], in: .hyperloglog,
            keys: [.key(2, [.readWrite, .access])], group: .hyperloglog, since: "2.8.9", "O(N)",
            "Shows the inside of a HyperLogLog.", isInternal: true),
        Row(
            "pfmerge", .write, arity: -2, [.write, .denyoom], in: .hyperloglog,
            keys: [.key(1, [.readWrite, .access, .insert]), .keys(2, [.readOnly, .access])],
            group: .hyperloglog, since: "2.8.9", "O(N)", "Merges HyperLogLogs into one."),
        Row(
            "vadd", .write, arity: -5, [.write, .denyoom], in: .vectorSet, keys: [.key(1, [.readWrite, .update])],
            group: .vectorSet, since: "8.0.0", "O(log(N))", "Adds an element to a vector set."),
        Row(
            "vrem", .write, arity: 3, .write, in: .vectorSet, keys: [.key(1, [.readWrite, .delete])],
            group: .vectorSet, since: "8.0.0", "O(log(N))", "Removes an element from a vector set."),
        Row(
            "vsetattr", .write, arity: 4, [.write, .fast], in: .vectorSet, keys: [.key(1, [.readWrite, .update])],
            group: .vectorSet, since: "8.0.0", "O(1)", "Sets the attributes of an element of a vector set."),
    ]
}
