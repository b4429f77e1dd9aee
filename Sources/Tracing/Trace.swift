/// What was noted from one moment to another; a plain value.
public struct Trace: Sendable {
    public struct Track: Sendable {
        public var name: String
        public var events: [TraceEvent]
        /// Events older than ``events`` that there was no room for.
        public var droppedCount: Int

        public init(name: String, events: [TraceEvent], droppedCount: Int) {
            (self.name, self.events, self.droppedCount) = (name, events, droppedCount)
        }
    }

    public struct Count: Sendable {
        public var name: String
        public var time: UInt64
        public var count: Int

        public init(name: String, time: UInt64, count: Int) {
            (self.name, self.time, self.count) = (name, time, count)
        }
    }

    /// In nanoseconds of the monotonic clock.
    public var startedAt: UInt64
    public var endedAt: UInt64
    public var tracks: [Track]
    public var episodes: [Tracer.Episode]
    public var counts: [Count]
    /// By the numbers that events have instead of them.
    public var names: [String]

    public init(
        startedAt: UInt64, endedAt: UInt64, tracks: [Track], episodes: [Tracer.Episode], counts: [Count],
        names: [String]
    ) {
        (self.startedAt, self.endedAt, self.tracks) = (startedAt, endedAt, tracks)
        (self.episodes, self.counts, self.names) = (episodes, counts, names)
    }
}
