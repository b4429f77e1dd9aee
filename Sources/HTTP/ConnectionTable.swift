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
        /// Until when the end of one that was told to go is waited for, in nanoseconds of the monotonic clock.
        var roomUntil: UInt64 = 0
    }

    private struct Entry {
        /// With its port.
        var peer: String
        let place: ConnectionPlace
        /// In nanoseconds of the monotonic clock; `nil` while an answer is being made.
        var deadline: UInt64?
        /// Since when it waits for a request to come whole, on the same clock; `nil` where it does not.
        var waitingSince: UInt64?
    }

    /// - Parameters:
    ///   - descriptor: Stays open until ``remove(_:)``.
    ///   - peer: With its port, as in `[::1]:40112`.
    ///   - place: Held until then.
    ///   - now: Of the monotonic clock, in nanoseconds, as all times here.
    ///   - deadline: For its first request.
    func add(_ descriptor: Int32, peer: String, place: ConnectionPlace, now: UInt64, deadline: UInt64) {
        let entry = Entry(peer: peer, place: place, deadline: deadline, waitingSince: now)
        state.withLock { $0.entries[descriptor] = entry }
    }

    /// Forgets a connection, which nobody shuts down from here on.
    func remove(_ descriptor: Int32) {
        state.withLock { state in
            guard let entry = state.entries.removeValue(forKey: descriptor) else { return }
            if entry.deadline == nil { state.answering -= 1 }
            state.roomUntil = 0
        }
    }

    /// Who is at the other end.
    func peer(of descriptor: Int32) -> String { state.withLock { $0.entries[descriptor]?.peer ?? "" } }

    /// Notes until when a connection may go on with what it does now; `nil` while an answer is made, which takes as long
    /// as it takes.
    ///
    /// - Parameters:
    ///   - descriptor: Of one that is here.
    ///   - deadline: Of the monotonic clock, in nanoseconds.
    ///   - waitingSince: Since when it waits for its next request, if that is what it does.
    func set(_ descriptor: Int32, deadline: UInt64?, waitingSince: UInt64? = nil) {
        state.withLock { state in
            guard let entry = state.entries[descriptor] else { return }
            state.answering += (deadline == nil ? 1 : 0) - (entry.deadline == nil ? 1 : 0)
            state.entries[descriptor]?.deadline = deadline
            state.entries[descriptor]?.waitingSince = waitingSince
        }
    }

    /// Ends the connection that has waited longest for a request, for another's sake, if it has had some time.
    ///
    /// - Parameters:
    ///   - now: Of the monotonic clock.
    ///   - grace: How long nobody is ended for; also how long the end of one is waited for, in nanoseconds.
    /// - Returns: Whether there will be room in a moment.
    func makeRoom(now: UInt64, grace: UInt64) -> Bool {
        state.withLock { state in
            if now < state.roomUntil { return true }
            let waiting = state.entries.compactMap { entry in entry.value.waitingSince.map { (entry.key, since: $0) } }
            guard let (descriptor, since) = waiting.min(by: { $0.since < $1.since }), since + grace <= now else {
                return false
            }
            state.entries[descriptor]?.waitingSince = nil
            state.roomUntil = now + grace
            _ = shutdown(descriptor, Int32(SHUT_RDWR))
            return true
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
