private import Synchronization

/// How many connections an ``HTTPServer`` has, in all and of each address; for any thread.
final class ConnectionPlaces: Sendable {
    private let counts = Mutex(Counts())
    private let limits: HTTPLimits

    private struct Counts {
        var all = 0
        var byAddress: [String: Int] = [:]
    }

    /// Why another connection is turned away.
    enum Refusal: Error, Equatable {
        case tooMany
        case tooManyOfOneAddress
    }

    init(limits: HTTPLimits) { self.limits = limits }

    /// Counts a connection in, until nobody holds its place any more.
    ///
    /// - Parameter peer: With its port, as in `[::1]:40112`.
    /// - Returns: What to hold.
    /// - Throws: ``Refusal``.
    func take(for peer: String) throws(Refusal) -> ConnectionPlace {
        let address = String(peer[..<(peer.lastIndex(of: ":") ?? peer.endIndex)])
        let refusal = counts.withLock { counts -> Refusal? in
            guard counts.all < limits.connectionsMax else { return .tooMany }
            let count = counts.byAddress[address, default: 0]
            guard count < limits.connectionsPerAddressMax else { return .tooManyOfOneAddress }
            counts.all += 1
            counts.byAddress[address] = count + 1
            return nil
        }
        if let refusal { throw refusal }
        return ConnectionPlace(of: address, in: self)
    }

    fileprivate func giveBack(_ address: String) {
        counts.withLock { counts in
            counts.all -= 1
            let count = counts.byAddress[address, default: 1] - 1
            counts.byAddress[address] = count > 0 ? count : nil
        }
    }

    /// How many are taken.
    var count: Int { counts.withLock { $0.all } }
}

/// One of the connections that an ``HTTPServer`` may have, taken for as long as anybody holds this.
///
/// Held by the server until it is done with the connection, and by whoever decrypts it until its threads and
/// descriptors are gone: what these cost is what the limit is for.
public final class ConnectionPlace: Sendable {
    private let address: String
    private let places: ConnectionPlaces

    fileprivate init(of address: String, in places: ConnectionPlaces) {
        (self.address, self.places) = (address, places)
    }

    deinit { places.giveBack(address) }
}
