public import Commands
public import ServerMetrics

/// What a server has counted since it started, whatever `CONFIG RESETSTAT` has done to what `INFO` tells.
///
/// A plain value, of one moment as nearly as counters go that nobody stops for it.
public struct ServerMeasurements: Sendable {
    /// What `INFO` is made from; its datasets know their versions only, not what has become of others.
    public var facts: ServerFacts
    /// Where time has gone: each part of the way of a batch or a job, all loops or readers together.
    public var phases: [(phase: Phase, times: LatencyHistogram)]
    /// How often each limit was met, in a fixed order.
    public var limitHits: [(limit: Limit, count: Int)]
    /// How often users were refused what they asked for, or a password was, in a fixed order.
    public var denials: [(reason: AccessDenial.Reason, count: Int)]
    /// Jobs that wait for a reader now.
    public var waitingJobCount: Int
    /// Readers that have a job in hand now.
    public var busyReaderCount: Int
    /// Bytes of requests and replies that connections hold now.
    public var heldBytes: Int

    public init(
        facts: ServerFacts, phases: [(phase: Phase, times: LatencyHistogram)], limitHits: [(limit: Limit, count: Int)],
        denials: [(reason: AccessDenial.Reason, count: Int)], waitingJobCount: Int, busyReaderCount: Int, heldBytes: Int
    ) {
        self.facts = facts
        self.phases = phases
        self.limitHits = limitHits
        self.denials = denials
        self.waitingJobCount = waitingJobCount
        self.busyReaderCount = busyReaderCount
        self.heldBytes = heldBytes
    }

    public enum Phase: String, Sendable, CaseIterable {
        /// Of a batch: receiving its requests and understanding them.
        case receive
        /// Of a batch: looking up, in memory, the keys of all its requests together.
        case lookUp = "look-up"
        /// Of a batch: making its replies, and handing them to the kernel.
        case write
        /// Of a job: until a reader takes it.
        case queue
        /// Of a job: reading keys from the disk.
        case disk
        /// Of a job: a slice of anything else, such as a walk over many keys.
        case work
    }

    /// Where the server says no, or lets wait; most are named as the settings that they follow.
    public enum Limit: String, Sendable, CaseIterable {
        /// A connection too many was closed.
        case clients = "clients-max"
        /// A connection was closed for requests that piled up.
        case queryBuffer = "query-buffer-max"
        /// A connection was closed for replies that it did not read.
        case outputBuffer = "output-buffer-max"
        /// A connection was closed because all together held too much.
        case clientsMemory = "clients-memory-max"
        /// A connection was closed because nothing came from it for too long.
        case idle = "idle-timeout"
        /// A connection was closed for bytes that are no request, or one larger than requests may be.
        case request
        /// A job found the readers' queue full, and its connection waited.
        case readQueue = "read-queue-max"
    }
}
