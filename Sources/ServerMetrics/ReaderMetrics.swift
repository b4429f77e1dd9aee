/// What one reader has counted since it started.
///
/// Only the owning thread writes; any thread may read.
public final class ReaderMetrics: Sendable {
    /// How long jobs waited for a reader.
    public let waits = LatencyCounters()
    /// How long it took to look keys up that were not in memory.
    public let diskReads = LatencyCounters()
    /// How long slices of other work took, such as walks over many keys.
    public let otherWork = LatencyCounters()

    public init() {}
}
