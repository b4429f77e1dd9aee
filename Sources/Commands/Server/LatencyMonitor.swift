import Synchronization

/// What has taken long lately, and how long, for `LATENCY`: real events only, of four kinds.
///
/// Any thread may call; the lock is held for a few copies.
public final class LatencyMonitor: Sendable {
    /// The names that Redis's users know, where Redis has the like.
    public enum Kind: String, Sendable, CaseIterable {
        /// A command that a reader carried out, from hand-over to reply.
        case command
        /// Requests that waited for keys to be read from the disk.
        case coldRead = "cold-read"
        /// A batch that held up its loop.
        case slowTurn = "slow-turn"
        /// The loops' taking over of a new version, up to the last of them.
        case swap
    }

    /// What happened at one second: the longest, if there were several.
    struct Sample: Sendable, Equatable {
        var unixSeconds: Int
        var milliseconds: Int
    }

    struct Event: Sendable {
        let kind: Kind
        /// The oldest first; at most ``samplesMax``.
        var samples: [Sample] = []
        var worstMilliseconds = 0
    }

    private let events = Mutex<[Event]>([])
    private let threshold = Atomic<UInt64>(.max)

    /// In nanoseconds; what takes less is no event, and `UInt64.max` means that nothing is.
    public var thresholdNanoseconds: UInt64 { threshold.load(ordering: .relaxed) }

    /// Goes by Redis's `latency-monitor-threshold`: 0 turns it off.
    public func setThreshold(milliseconds: Int) {
        threshold.store(milliseconds > 0 ? UInt64(milliseconds) * 1_000_000 : .max, ordering: .relaxed)
    }

    /// Notes what took `nanoseconds`, if that is as long as the threshold.
    public func note(_ kind: Kind, nanoseconds: UInt64, unixSeconds: Int) {
        guard nanoseconds >= thresholdNanoseconds else { return }
        let sample = Sample(unixSeconds: unixSeconds, milliseconds: Int(nanoseconds / 1_000_000))
        events.withLock { events in
            let place = events.firstIndex { $0.kind == kind } ?? events.count
            if place == events.count { events.append(Event(kind: kind)) }
            events[place].add(sample)
        }
    }

    /// In the order in which their kinds first happened.
    var all: [Event] { events.withLock { $0.map { $0 } } }

    /// The samples of the event of this name, in any case.
    func event(named name: String) -> Event? { all.first { $0.kind.rawValue == name.lowercased() } }

    /// Forgets the events of these names; of all names where there are none.
    ///
    /// - Returns: How many kinds were forgotten.
    func reset(_ names: [String]) -> Int {
        events.withLock { events in
            let before = events.count
            events.removeAll { names.isEmpty || names.map { $0.lowercased() }.contains($0.kind.rawValue) }
            return before - events.count
        }
    }

    /// As many as Redis keeps.
    static let samplesMax = 160
}

extension LatencyMonitor.Event {
    fileprivate mutating func add(_ sample: LatencyMonitor.Sample) {
        worstMilliseconds = max(worstMilliseconds, sample.milliseconds)
        if let last = samples.last, last.unixSeconds == sample.unixSeconds {
            samples[samples.count - 1].milliseconds = max(last.milliseconds, sample.milliseconds)
            return
        }
        if samples.count == LatencyMonitor.samplesMax { samples.removeFirst() }
        samples.append(sample)
    }
}
