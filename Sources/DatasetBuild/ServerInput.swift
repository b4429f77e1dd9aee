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
            var address = try RedisAddress(input)
            address.passwordElsewhere = options.serverPassword
            self.address = address
        } catch {
            throw BuildError(error)
        }
        name = address.description
        rowBytesMax = options.rowBytesMax
        silenceMax = options.serverSilenceMax
        let connection = try ServerConnection(address, monitor: monitor, silenceMax: silenceMax)
        rowCount = try connection.keyCount()
        let facts = try connection.facts()
        expiringKeyCount = facts.expiringKeyCount(database: address.database)
        if facts.isInCluster {
            monitor.say("\(name) is one node of a cluster, and only its own keys are read: name every master")
        }
    }

    func read(to rows: inout InputRows, _ progress: InputProgress) throws(BuildError) -> (bytes: Int, notes: [String]) {
        let connection = try ServerConnection(address, monitor: progress.monitor, silenceMax: silenceMax)
        let before = try connection.facts()
        let countBefore = try connection.keyCount()
        var walk = ServerWalk(connection, rowBytesMax: rowBytesMax)
        try walk.read(to: &rows, progress)
        let after = try connection.facts()
        let count = min(countBefore, try connection.keyCount())
        let version = before.version(database: address.database)
        guard after.version(database: address.database) == version else {
            throw BuildError(
                .unreachable,
                "\(name) has swapped its version while it was read, and half of each is neither: try again")
        }
        // A Redis that is written to counts keys that were not there throughout; a version never changes.
        guard walk.keyCount >= count || !after.isKeyCountExact(database: address.database) else {
            throw BuildError(
                .badData,
                "\(name) gave \(Quantity.grouped(walk.keyCount)) keys of the \(Quantity.grouped(count)) that it has")
        }
        var notes: [String] = []
        func note(_ keys: String, _ count: Int) {
            if count > 0 { notes.append("keys of \(name) that \(keys): \(Quantity.grouped(count))") }
        }
        note("hold no string, and were passed over", walk.foreignKeyCount)
        note("were gone when their values were asked for", walk.vanishedKeyCount)
        note("it counts and did not give", count - walk.keyCount)
        note("expire there, and never in a version", expiringKeyCount ?? 0)
        return (walk.bytesRead, notes)
    }
}
