/// How many times fell between which powers of two.
///
/// A plain value: the sum over loops, or the difference of two looks at one.
public struct LatencyHistogram: Sendable, Equatable {
    /// By ``bucket(of:)``.
    public private(set) var counts = [Int](repeating: 0, count: Self.bucketCount)

    public init() {}

    /// The bucket of the times from above 2^(n-1) to 2^n nanoseconds; the last also takes whatever is longer.
    @inline(__always)
    public static func bucket(of nanoseconds: UInt64) -> Int {
        min(UInt64.bitWidth - (max(nanoseconds, 1) - 1).leadingZeroBitCount, bucketCount - 1)
    }

    /// The longest time of a bucket, in nanoseconds.
    public static func upperBound(of bucket: Int) -> Int { 1 << bucket }

    /// Up to half a minute; a job that takes longer is in the last bucket.
    public static let bucketCount = 36

    public mutating func add(_ count: Int, toBucket bucket: Int) { counts[bucket] += count }

    public var total: Int { counts.reduce(0, +) }

    public static func += (sum: inout Self, other: Self) {
        for bucket in 0..<bucketCount { sum.counts[bucket] += other.counts[bucket] }
    }

    /// What came on top of an earlier look at the same counters.
    public func subtracting(_ earlier: Self) -> Self {
        var difference = self
        for bucket in 0..<Self.bucketCount { difference.counts[bucket] -= earlier.counts[bucket] }
        return difference
    }

    /// A time, in nanoseconds, that `share` of all times did not exceed: the upper end of a bucket, so up to twice
    /// as long as the true one, and never shorter.
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
