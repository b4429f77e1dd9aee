/// A histogram of times that one thread writes and any thread may read while it does.
///
/// HdrHistogram's layout in counters of our own: its Swift package counts in a plain array, which no other thread may
/// look at meanwhile. To count is a few plain loads and stores; 8 KiB.
public final class LatencyCounters: Sendable {
    private let nanoseconds = LoopMetrics.Counter()
    private let buckets: InlineArray<1024, LoopMetrics.Counter>

    public init() {
        buckets = InlineArray { _ in LoopMetrics.Counter() }
        precondition(buckets.count == LatencyHistogram.bucketCount)
    }

    /// Adds `count` times of `each` nanoseconds; for the one thread that writes.
    @inline(__always)
    public func add(_ count: Int = 1, each: UInt64) {
        nanoseconds.add(count &* Int(truncatingIfNeeded: each))
        buckets[LatencyHistogram.bucket(of: each)].add(count)
    }

    /// What has been added; each number whole, though not all of one instant.
    public var times: LatencyHistogram {
        var times = LatencyHistogram()
        for bucket in 0..<LatencyHistogram.bucketCount {
            let count = buckets[bucket].total
            if count > 0 { times.add(count, toBucket: bucket) }
        }
        times.addToSum(nanoseconds.total)
        return times
    }

    public var totalNanoseconds: Int { nanoseconds.total }
}
