public import Synchronization

/// What one loop has counted since it started.
///
/// Only the owning loop writes, so counting is a plain load and store; any thread may read, and sees
/// each counter whole, though not all of them at one instant.
public final class LoopMetrics: Sendable {
    public let commandsProcessed = Counter()
    public let keyspaceHits = Counter()
    public let keyspaceMisses = Counter()
    public let errorReplies = Counter()
    /// Look-ups that had to go to the readers.
    public let coldLookups = Counter()
    public let damagedLookups = Counter()
    public let bytesReceived = Counter()
    public let bytesSent = Counter()
    /// Receives that found something, and sends that took something.
    public let reads = Counter()
    public let writes = Counter()
    public let connectionsAccepted = Counter()
    public let connectionsRejected = Counter()
    /// Connections closed because all together held more than they may.
    public let clientsEvicted = Counter()
    /// Connections closed because nothing came from them for too long.
    public let idleDisconnections = Counter()
    /// Connections closed for bytes that are no request, or one larger than requests may be.
    public let protocolErrors = Counter()
    /// Jobs that found the readers' queue full, and waited for room in it.
    public let fullReaderQueues = Counter()
    /// Connections closed for requests that piled up.
    public let queryBufferDisconnections = Counter()
    /// Connections closed for replies that they did not read.
    public let outputBufferDisconnections = Counter()
    public let tls = TLSMetrics()
    /// Connections that are open now.
    public let connections = Atomic<Int>(0)
    /// Where the time of its batches has gone.
    public let batches = BatchMetrics()
    /// By command.
    public let commands = CommandMetrics()
    /// By code.
    public let errors = ErrorMetrics()
    /// Bytes that those connections hold: requests, replies and what encrypts them.
    public let heldBytes = Atomic<Int>(0)
    /// The most that one of them may hold, of those that may be closed for it; not less than it does.
    public let heldBytesMost = Atomic<Int>(0)
    /// The most that all of them have held since somebody last looked, who sets it back.
    public let heldBytesPeak = Atomic<Int>(0)

    /// Clients that are told when what they have cached is out of date.
    public let trackingClients = Atomic<Int>(0)
    /// Clients that are shown what others ask for.
    public let monitorClients = Atomic<Int>(0)
    /// Clients that wait for messages.
    public let subscribedClients = Atomic<Int>(0)

    /// Keeps the counters of the next loop, which may lie next on the heap, off these cache lines.
    private let padding = InlineArray<16, UInt64>(repeating: 0)

    public init() {}

    /// A count that only grows, written by one thread.
    public struct Counter: ~Copyable, Sendable {
        private let value = Atomic<UInt64>(0)

        @inline(__always)
        public func add(_ amount: Int = 1) {
            value.store(value.load(ordering: .relaxed) &+ UInt64(truncatingIfNeeded: amount), ordering: .relaxed)
        }

        public var total: Int { Int(truncatingIfNeeded: value.load(ordering: .relaxed)) }
    }
}

extension [LoopMetrics] {
    /// One counter, over all loops.
    public func total(_ counter: (LoopMetrics) -> Int) -> Int { reduce(0) { $0 + counter($1) } }
}
