private import Glibc
private import Synchronization

/// The connections of an ``HTTPServer`` that requests are read from, and until when each may go on as it does.
///
/// Named by their descriptors, which stay open for as long as they are here. For any thread.
final class ConnectionTable: Sendable {
    private let state = Mutex(State())

    private struct State {
        var entries: [Int32: Entry] = [:]
        /// How many are being answered.
        var answering = 0
    }

    private struct Entry {
        /// With its port.
        var peer: String
        let place: ConnectionPlace
        /// In nanoseconds of the monotonic clock; `nil` while an answer is being made.
        var deadline: UInt64?
    }

    /// - Parameters:
    ///   - descriptor: Stays open until ``remove(_:)``.
    ///   - peer: With its port, as in `[::1]:40112`.
    ///   - place: Held until then.
    ///   - deadline: For its first request.
    func add(_ descriptor: Int32, peer: String, place: ConnectionPlace, deadline: UInt64) {
        state.withLock { $0.entries[descriptor] = Entry(peer: peer, place: place, deadline: deadline) }
    }

    /// Forgets a connection, which nobody shuts down from here on.
    func remove(_ descriptor: Int32) {
        state.withLock { state in
            guard let entry = state.entries.removeValue(forKey: descriptor) else { return }
            if entry.deadline == nil { state.answering -= 1 }
        }
    }

    /// Who is at the other end.
    func peer(of descriptor: Int32) -> String { state.withLock { $0.entries[descriptor]?.peer ?? "" } }

    /// Notes until when a connection may go on with what it does now; `nil` while an answer is made, which takes as long
    /// as it takes.
    func set(_ descriptor: Int32, deadline: UInt64?) {
        state.withLock { state in
            guard let entry = state.entries[descriptor] else { return }
            state.answering += (deadline == nil ? 1 : 0) - (entry.deadline == nil ? 1 : 0)
            state.entries[descriptor]?.deadline = deadline
        }
    }

    /// Ends the connections whose time is up; they are removed once their threads have noticed.
    func endOverdue(now: UInt64) {
        state.withLock { state in
            for (descriptor, entry) in state.entries {
                if let deadline = entry.deadline, deadline <= now { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
            }
        }
    }

    /// Ends those that wait for a request, or for their client to take a response.
    func endAllButAnswering() { endOverdue(now: .max) }

    var count: Int { state.withLock { $0.entries.count } }

    /// How many are being answered.
    var answeringCount: Int { state.withLock { $0.answering } }
}
