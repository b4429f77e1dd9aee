import Synchronization

/// What one loop has counted of one command since it started: about 8 KiB.
///
/// Only the owning loop writes; any thread may read, and sees each number whole, though not all at one instant.
public final class CommandCounters: Sendable {
    /// Requests that were understood and carried out.
    public let calls = LoopMetrics.Counter()
    /// Of those, the ones that got an error.
    public let failedCalls = LoopMetrics.Counter()
    /// Requests that were refused before they were carried out.
    public let rejectedCalls = LoopMetrics.Counter()
    private let latency = LatencyCounters()

    init() {}

    /// Adds the times of `count` calls that ended after `each` nanoseconds; for the owning loop.
    public func addTimes(_ count: Int, each: UInt64) { latency.add(count, each: each) }

    /// The times of the calls that have ended.
    public var times: LatencyHistogram { latency.times }
}

/// What one loop has counted of each command: counters for those that it has seen.
public final class CommandMetrics: Sendable {
    // A loop takes the lock once for each command that is new to it, and a reader to copy a few references.
    private let seen = Mutex<[(command: Int, counters: CommandCounters)]>([])

    public init() {}

    /// Counters for a command that the owning loop has not seen before.
    public func makeCounters(of command: Int) -> CommandCounters {
        let counters = CommandCounters()
        seen.withLock { $0.append((command, counters)) }
        return counters
    }

    /// The counters of each command, by its index in the table of commands.
    public var all: [(command: Int, counters: CommandCounters)] {
        // An array of its own: its owner goes on with theirs.
        seen.withLock { $0.map { $0 } }
    }
}
