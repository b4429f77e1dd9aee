/// What a server's INFO says of itself.
struct ServerFacts {
    private let lines: [Substring]

    /// - Parameter text: Empty where the server does not tell.
    init(_ text: String) {
        // A carriage return and a line feed are one character.
        lines = text.split(whereSeparator: \.isNewline)
    }

    var isInCluster: Bool { lines.contains("cluster_enabled:1") }

    /// From a line such as `db0:keys=3,expires=1,avg_ttl=0`, which an empty database has not.
    func expiringKeyCount(database: Int) -> Int? {
        field("expires", of: "db\(database)").flatMap { Int($0) }
    }

    /// The version that an Almanac serves as this database, from a line such as `dataset0:name=users,version=v1`.
    func version(database: Int) -> Substring? { field("version", of: "dataset\(database)") }

    /// Whether an Almanac knows exactly how many keys its version has.
    func isKeyCountExact(database: Int) -> Bool { field("keys_exact", of: "dataset\(database)") == "1" }

    private func field(_ field: String, of line: String) -> Substring? {
        let fields = lines.first { $0.hasPrefix("\(line):") }?.dropFirst(line.count + 1).split(separator: ",")
        return fields?.first { $0.hasPrefix("\(field)=") }?.dropFirst(field.count + 1)
    }
}
