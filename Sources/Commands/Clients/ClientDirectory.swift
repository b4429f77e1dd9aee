import Synchronization

/// Where each connection of the server is, by its client's number.
///
/// Any thread; the lock is held for one look-up.
public final class ClientDirectory: Sendable {
    /// A connection's place, in the terms of whoever runs the loops.
    public struct Place: Sendable, Equatable, BitwiseCopyable {
        /// The index of its loop.
        public var loop: Int
        /// What tells it from the others of that loop.
        public var token: UInt64

        public init(loop: Int, token: UInt64) {
            self.loop = loop
            self.token = token
        }
    }

    private let places = Mutex<[Int: Place]>([:])

    public init() {}

    /// Notes where a client is, until ``remove(_:)``.
    public func add(_ client: Int, at place: Place) { places.withLock { $0[client] = place } }

    public func remove(_ client: Int) { _ = places.withLock { $0.removeValue(forKey: client) } }

    /// Where a client is; `nil` where there is none of this number.
    public func place(of client: Int) -> Place? { places.withLock { $0[client] } }
}
