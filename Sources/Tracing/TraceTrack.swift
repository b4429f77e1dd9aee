import Synchronization

/// What one thread notes while a trace is taken: the latest events, in memory that does not grow.
///
/// One thread adds; the lock is anybody else's only at the beginning and the end of a trace.
public final class TraceTrack: Sendable {
    private struct State {
        /// Empty while no trace is taken.
        var events: [TraceEvent] = []
        var eventsMax = 0
        /// Where the oldest event is, once ``events`` is full.
        var oldest = 0
        var droppedCount = 0
    }

    /// Of the thread, or of what it shows.
    public let name: String
    private let state = Mutex(State())

    public init(name: String) { self.name = name }

    /// Keeps an event in the place of the oldest where there are too many; nothing while no trace is taken.
    public func add(_ event: TraceEvent) {
        state.withLock { state in
            if state.events.count < state.eventsMax {
                state.events.append(event)
            } else if state.eventsMax > 0 {
                state.events[state.oldest] = event
                state.oldest = (state.oldest + 1) % state.eventsMax
                state.droppedCount += 1
            }
        }
    }

    func open(eventsMax: Int) {
        state.withLock { $0 = State(eventsMax: eventsMax) }
    }

    /// Takes what there is, the oldest first, and keeps nothing more.
    func close() -> (events: [TraceEvent], droppedCount: Int) {
        state.withLock { state in
            defer { state = State() }
            return (Array(state.events[state.oldest...] + state.events[..<state.oldest]), state.droppedCount)
        }
    }
}
