import Synchronization

/// What one thread notes while a trace is taken: the latest events, in memory that does not grow.
///
/// One thread adds; the lock is anybody else's only at the beginning and the end of a trace.
public final class TraceTrack: Sendable {
    private struct State {
        /// Empty while no trace is taken.
        var events: [TraceEvent] = []
        var isOpen = false
        /// Events that there is room for in any case.
        var quota = 0
        /// Where the oldest event is, once ``events`` is full.
        var oldest = 0
        var droppedCount = 0
    }

    /// Events that all tracks may keep beyond their quotas, together.
    final class Budget: Sendable {
        private let left = Atomic<Int>(0)

        func fill(to count: Int) { left.store(count, ordering: .relaxed) }

        /// Takes room for one event; false where there is none left.
        fileprivate func take() -> Bool {
            left.load(ordering: .relaxed) > 0 && left.subtract(1, ordering: .relaxed).oldValue > 0
        }
    }

    /// Of the thread, or of what it shows.
    public let name: String
    private let budget: Budget
    private let state = Mutex(State())

    init(name: String, _ budget: Budget) {
        self.name = name
        self.budget = budget
    }

    /// Keeps an event in the place of the oldest where there are too many; nothing while no trace is taken.
    public func add(_ event: TraceEvent) {
        state.withLock { state in
            guard state.isOpen else { return }
            // Once an event has been dropped the others stay where they are.
            let mayGrow = state.droppedCount == 0 && state.events.count < Self.eventsMax
            if mayGrow, state.events.count < state.quota || budget.take() {
                state.events.append(event)
            } else {
                state.events[state.oldest] = event
                state.oldest = (state.oldest + 1) % state.events.count
                state.droppedCount += 1
            }
        }
    }

    /// - Parameter quota: At least 1.
    func open(quota: Int) {
        precondition(quota > 0)
        state.withLock { $0 = State(isOpen: true, quota: quota) }
    }

    /// Takes what there is, the oldest first, and keeps nothing more.
    func close() -> (events: [TraceEvent], droppedCount: Int) {
        state.withLock { state in
            defer { state = State() }
            return (Array(state.events[state.oldest...] + state.events[..<state.oldest]), state.droppedCount)
        }
    }

    /// Events of one track.
    static let eventsMax = 1 << 16
}
