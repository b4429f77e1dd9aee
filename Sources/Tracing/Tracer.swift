import Platform
import Synchronization

/// Takes traces of what the threads of a server do, one at a time.
///
/// Threads look at ``isArmed`` now and then (a loop once a turn) and note nothing while it is false. Any thread.
public final class Tracer: Sendable {
    /// Something with named parts that happens rarely, such as a swap.
    public struct Episode: Sendable {
        public struct Part: Sendable {
            public var name: String
            public var start: UInt64
            public var end: UInt64

            public init(name: String, start: UInt64, end: UInt64) {
                (self.name, self.start, self.end) = (name, start, end)
            }
        }

        /// What it is shown beside, such as the name of a dataset.
        public var place: String
        public var name: String
        /// In the order of their time, one after the other.
        public var parts: [Part]
        public var details: [(name: String, value: String)]

        public init(place: String, name: String, parts: [Part], details: [(name: String, value: String)]) {
            (self.place, self.name, self.parts, self.details) = (place, name, parts, details)
        }
    }

    private struct State {
        var tracks: [TraceTrack] = []
        var names: [String] = []
        var episodes: [Episode] = []
        var counts: [Trace.Count] = []
        var startedAt: UInt64?
    }

    private let armed = Atomic<Bool>(false)
    private let cancelled = Atomic<Bool>(false)
    private let interval = Atomic<Int>(0)
    private let budget = TraceTrack.Budget()
    private let state = Mutex(State())

    public init() {}

    /// Whether a trace is being taken; costs a load.
    public var isArmed: Bool { armed.load(ordering: .relaxed) }

    /// Whether whoever takes a trace is to end it, because the server ends.
    public var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// One request in so many is shown; 0 for none.
    public var sampleInterval: Int { interval.load(ordering: .relaxed) }

    /// Has the trace that is being taken, and all later ones, end at once.
    public func cancel() { cancelled.store(true, ordering: .relaxed) }

    /// A track for one thread to note events on, shown in the order of their making.
    public func makeTrack(_ name: String) -> TraceTrack {
        let track = TraceTrack(name: name, budget)
        state.withLock { state in
            precondition(state.tracks.count < Self.eventsMax / 2)
            state.tracks.append(track)
        }
        return track
    }

    /// The number of a name, for events, which hold no text; names are few, and kept.
    public func number(of name: String) -> Int {
        state.withLock { state in
            if let number = state.names.firstIndex(of: name) { return number }
            guard state.names.count < Self.namesMax else { return 0 }
            state.names.append(name)
            return state.names.count - 1
        }
    }

    /// Notes something rare; kept while a trace is taken only, and then the first ``episodesMax`` of them.
    public func note(_ episode: Episode) {
        guard isArmed else { return }
        state.withLock { state in
            if state.episodes.count < Self.episodesMax { state.episodes.append(episode) }
        }
    }

    /// Notes how many of something there are now.
    public func note(_ name: String, _ count: Int) {
        let now = Clock.monotonicNanoseconds()
        state.withLock { state in
            guard state.startedAt != nil, state.counts.count < Self.countsMax else { return }
            state.counts.append(Trace.Count(name: name, time: now, count: count))
        }
    }

    /// Begins a trace.
    ///
    /// - Parameter sampleInterval: Not negative.
    /// - Returns: False where one is being taken already.
    public func begin(sampleInterval: Int) -> Bool {
        let isFirst = state.withLock { state in
            guard state.startedAt == nil else { return false }
            state.startedAt = Clock.monotonicNanoseconds()
            // Half is shared out, and half is for those who need it: most readers have little to show.
            budget.fill(to: Self.eventsMax / 2)
            for track in state.tracks { track.open(quota: Self.eventsMax / 2 / state.tracks.count) }
            return true
        }
        guard isFirst else { return false }
        interval.store(sampleInterval, ordering: .relaxed)
        armed.store(true, ordering: .relaxed)
        return true
    }

    /// Ends the trace that ``begin(sampleInterval:)`` began.
    public func end() -> Trace {
        armed.store(false, ordering: .relaxed)
        return state.withLock { state in
            guard let startedAt = state.startedAt else { preconditionFailure("no trace is being taken") }
            defer { (state.startedAt, state.episodes, state.counts) = (nil, [], []) }
            return Trace(
                startedAt: startedAt, endedAt: Clock.monotonicNanoseconds(),
                tracks: state.tracks.map { track in
                    let (events, droppedCount) = track.close()
                    return Trace.Track(name: track.name, events: events, droppedCount: droppedCount)
                }, episodes: state.episodes, counts: state.counts, names: state.names)
        }
    }

    /// Of all tracks together: about 16 MiB of memory, and 32 MiB of JSON.
    static let eventsMax = 1 << 18
    static let episodesMax = 256
    private static let countsMax = 1 << 14
    private static let namesMax = 256
}
