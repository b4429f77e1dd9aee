extension CommandTable {
    /// Reads of geospatial indexes, of which there are none here.
    static let foreignGeoReads: [Row] = [
        Row(
            "geodist", .foreignRead, arity: -4, .readonly, in: .geo, keys: [.key(1, [.readOnly, .access])],
            group: .geo, since: "3.2.0", "O(log(N))", "Gives the distance between two members."),
        Row(
            "geohash", .foreignRead, arity: -2, .readonly, in: .geo, keys: [.key(1, [.readOnly, .access])],
            group: .geo, since: "3.2.0", "O(log(N))", "Gives the geohashes of some members."),
        Row(
            "geopos", .foreignRead, arity: -2, .readonly, in: .geo, keys: [.key(1, [.readOnly, .access])], group: .geo,
            since: "3.2.0", "O(N)", "Gives the coordinates of some members."),
        Row(
            "georadius_ro", .foreignRead, arity: -6, .readonly, in: .geo, keys: [.key(1, [.readOnly, .access])],
            group: .geo, since: "3.2.10", "O(N+log(M))", "Finds members within a distance of a point.",
            deprecated: ("6.2.0", "`GEOSEARCH` with the `BYRADIUS` argument")),
        Row(
            "georadiusbymember_ro", .foreignRead, arity: -5, .readonly, in: .geo,
            keys: [.key(1, [.readOnly, .access])], group: .geo, since: "3.2.10", "O(N+log(M))",
            "Finds members within a distance of a member.",
            deprecated: ("6.2.0", "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments")),
        Row(
            "geosearch", .foreignRead, arity: -7, .readonly, in: .geo, keys: [.key(1, [.readOnly, .access])],
            group: .geo, since: "6.2.0", "O(N+log(M))", "Finds members inside a circle or box."),
    ]
}
