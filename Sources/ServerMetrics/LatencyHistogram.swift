/// How many times fell into which small spans, and how long they were together.
///
/// The spans are laid out as in HdrHistogram: one nanosecond wide at first, then 32 to each power of two, so that a time
/// is known to about 3 %. A plain value: the sum over loops, or the difference of two looks at one.
public struct LatencyHistogram: Sendable, Equatable {
    /// By ``bucket(of:)``.
    public private(set) var counts = [Int](repeating: 0, count: Self.bucketCount)
    /// Of all times together.
    public private(set) var nanoseconds = 0

    public init() {}

    /// The bucket of a time; the last also takes whatever is longer.
    @inline(__always)
    public static func bucket(of nanoseconds: UInt64) -> Int {
        // Every loop does this for every batch; what wraps cannot overflow.
        let place = max(nanoseconds, 1) &- 1
        guard place >= UInt64(linearCount) else { return Int(truncatingIfNeeded: place) }
        let shift = UInt64.bitWidth &- 1 &- place.leadingZeroBitCount &- stepBits
        return min(
            shift &<< stepBits &+ Int(truncatingIfNeeded: place &>> UInt64(truncatingIfNeeded: shift)), bucketCount - 1)
    }

    /// The longest time of a bucket, in nanoseconds.
    public static func upperBound(of bucket: Int) -> Int {
        guard bucket >= linearCount else { return bucket + 1 }
        let shift = bucket >> stepBits - 1
        return (bucket & (1 << stepBits - 1) + 1 << stepBits + 1) << shift
    }

    /// Up to 2^36 nanoseconds, which is a little more than a minute; a job that takes longer is in the last bucket.
    public static let bucketCount = 1_024

    /// 32 buckets for each power of two.
    private static let stepBits = 5
    /// As many nanoseconds have a bucket each.
    private static let linearCount = 2 << stepBits

    public mutating func add(_ count: Int, toBucket bucket: Int) { counts[bucket] += count }

    /// Adds `count` times of `each` nanoseconds.
    public mutating func add(_ count: Int = 1, each time: UInt64) {
        add(count, toBucket: Self.bucket(of: time))
        addToSum(count * Int(clamping: time))
    }

    mutating func addToSum(_ nanoseconds: Int) { self.nanoseconds += nanoseconds }

    public var total: Int { counts.reduce(0, +) }

    public static func += (sum: inout Self, other: Self) {
        for bucket in 0..<bucketCount { sum.counts[bucket] += other.counts[bucket] }
        sum.nanoseconds += other.nanoseconds
    }

    /// What came on top of an earlier look at the same counters.
    public func subtracting(_ earlier: Self) -> Self {
        var difference = self
        for bucket in 0..<Self.bucketCount { difference.counts[bucket] -= earlier.counts[bucket] }
        difference.nanoseconds -= earlier.nanoseconds
        return difference
    }

    /// How many times were at most as long as each of `bounds`.
    ///
    /// A time just below a bound whose bucket reaches beyond it is not counted: it may seem longer than it was, by 3 %
    /// at most, and never shorter.
    ///
    /// - Parameter bounds: Ascending, in nanoseconds.
    /// - Returns: A count for each bound.
    public func cumulativeCounts(upTo bounds: [Int]) -> [Int] {
        var bucket = 0
        var sum = 0
        return bounds.map { bound in
            while bucket < Self.bucketCount, Self.upperBound(of: bucket) <= bound {
                sum += counts[bucket]
                bucket += 1
            }
            return sum
        }
    }

    /// A time, in nanoseconds, that `share` of all times did not exceed: the upper end of a bucket, so up to 3 % longer
    /// than the true one, and never shorter.
    ///
    /// - Parameter share: Above 0 and at most 1.
    /// - Returns: 0 where there are no times.
    public func percentile(_ share: Double) -> Int {
        let wanted = (Double(total) * share).rounded(.up)
        var seen = 0
        for bucket in 0..<Self.bucketCount {
            seen += counts[bucket]
            if seen > 0, Double(seen) >= wanted { return Self.upperBound(of: bucket) }
        }
        return 0
    }
}
