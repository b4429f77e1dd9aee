internal import RESP
internal import RedisClient

/// The string keys of a database of a live server.
///
/// It is asked at once whether it is there and lets us in, and connected to again when its turn comes: it may close
/// connections that are silent for as long as the inputs before take.
final class ServerInput: BuildInput {
    let name: String
    let byteCount: Int? = nil
    let rowCount: Int?
    let isKeyed = true
    private let address: RedisAddress
    private let rowBytesMax: Int
    private let silenceMax: Duration
    /// How many keys of the database expire, where the server tells.
    private let expiringKeyCount: Int?

    init(_ input: String, _ options: BuildOptions, _ monitor: BuildMonitor) throws(BuildError) {
        do throws(RedisClientError) {
            address = try RedisAddress(input)
        } catch {
            throw BuildError(error)
        }
        name = address.description
        rowBytesMax = options.rowBytesMax
        silenceMax = options.serverSilenceMax
        let connection = try ServerConnection(address, monitor: monitor, silenceMax: silenceMax)
        connection.ask(["DBSIZE"])
        guard case .integer(let count) = try connection.receive("DBSIZE") else {
            throw connection.unexpected("DBSIZE")
        }
        rowCount = count
        let facts = ServerFacts(try connection.facts())
        expiringKeyCount = facts.expiringKeyCount(database: address.database)
        if facts.isInCluster {
            monitor.say("\(name) is one node of a cluster, and only its own keys are read: name every master")
        }
    }

    func read(to rows: inout InputRows, _ progress: InputProgress) throws(BuildError) -> (bytes: Int, notes: [String]) {
        let connection = try ServerConnection(address, monitor: progress.monitor, silenceMax: silenceMax)
        var walk = ServerWalk(connection, rowBytesMax: rowBytesMax)
        try walk.read(to: &rows, progress)
        var notes: [String] = []
        func note(_ keys: String, _ count: Int) {
            if count > 0 { notes.append("keys of \(name) that \(keys): \(Quantity.grouped(count))") }
        }
        note("hold no string, and were passed over", walk.foreignKeyCount)
        note("were gone when their values were asked for", walk.vanishedKeyCount)
        note("expire there, and never in a version", expiringKeyCount ?? 0)
        return (walk.bytesRead, notes)
    }
}

/// What a server's INFO says of itself.
private struct ServerFacts {
    private let lines: [Substring]

    /// - Parameter text: Empty where the server does not tell.
    init(_ text: String) {
        // A carriage return and a line feed are one character.
        lines = text.split(whereSeparator: \.isNewline)
    }

    var isInCluster: Bool { lines.contains("cluster_enabled:1") }

    /// From a line such as `db0:keys=3,expires=1,avg_ttl=0`, which an empty database has not.
    func expiringKeyCount(database: Int) -> Int? {
        let prefix = "db\(database):"
        let fields = lines.first { $0.hasPrefix(prefix) }?.dropFirst(prefix.count).split(separator: ",")
        return fields?.first { $0.hasPrefix("expires=") }.flatMap { Int($0.dropFirst("expires=".count)) }
    }
}
