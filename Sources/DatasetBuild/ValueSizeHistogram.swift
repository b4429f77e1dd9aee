internal import Datasets

/// Counts how long values are: exactly below 64 bytes, and in steps of 1/64 above.
struct ValueSizeHistogram: Sendable {
    private var counts: [Int] = []
    private var count = 0
    private var total = 0
    private var smallest = Int.max
    private var largest = 0

    private static let stepBits = 6
    private static let steps = 1 << stepBits

    mutating func add(_ bytes: Int) {
        count += 1
        total += bytes
        smallest = min(smallest, bytes)
        largest = max(largest, bytes)
        let bucket = Self.bucket(bytes)
        while bucket >= counts.count { counts.append(0) }
        counts[bucket] += 1
    }

    mutating func merge(_ other: ValueSizeHistogram) {
        count += other.count
        total += other.total
        smallest = min(smallest, other.smallest)
        largest = max(largest, other.largest)
        while counts.count < other.counts.count { counts.append(0) }
        for (bucket, inBucket) in other.counts.enumerated() { counts[bucket] += inBucket }
    }

    /// `nil` where there were no values.
    var sizes: Manifest.ValueSizes? {
        guard count > 0 else { return nil }
        return Manifest.ValueSizes(
            total: total, min: smallest, p50: quantile(500), p90: quantile(900), p99: quantile(990),
            p999: quantile(999), max: largest)
    }

    /// The size that `permille` of the values do not exceed: an upper bound at most 1/64 too high.
    private func quantile(_ permille: Int) -> Int {
        let rank = max(1, (count * permille + 999) / 1000)
        var seen = 0
        for (bucket, inBucket) in counts.enumerated() {
            seen += inBucket
            if seen >= rank { return min(max(Self.upperBound(bucket), smallest), largest) }
        }
        return largest
    }

    private static func bucket(_ value: Int) -> Int {
        guard value >= steps else { return value }
        let exponent = Int.bitWidth - 1 - value.leadingZeroBitCount
        let shift = exponent - stepBits
        return steps + shift * steps + (value >> shift) - steps
    }

    /// The largest value that falls into `bucket`.
    private static func upperBound(_ bucket: Int) -> Int {
        guard bucket >= steps else { return bucket }
        let shift = (bucket - steps) / steps
        return ((steps + (bucket - steps) % steps + 1) << shift) - 1
    }
}
