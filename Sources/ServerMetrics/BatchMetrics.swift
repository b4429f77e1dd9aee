/// Where the time of one loop's batches has gone: all keys that were asked for in one turn make a batch.
///
/// Only the owning loop writes; any thread may read.
public final class BatchMetrics: Sendable {
    /// From when the first request could be read to the look-ups: receiving and understanding all of them.
    public let receiving = LatencyCounters()
    /// Looking up, in memory, the keys of all requests together; batches without keys are left out.
    public let lookingUp = LatencyCounters()
    /// Making all replies, and handing them to the kernel.
    public let answering = LatencyCounters()

    public init() {}

    /// Adds the times of one batch, in nanoseconds; for the owning loop.
    ///
    /// A batch without keys has no `lookingUp`.
    public func add(receiving: UInt64, lookingUp: UInt64?, answering: UInt64) {
        self.receiving.add(each: receiving)
        if let lookingUp { self.lookingUp.add(each: lookingUp) }
        self.answering.add(each: answering)
    }
}
