internal import Exposition
internal import ServerMetrics

/// Shorter ways to make what `/metrics` is made of.
extension MetricFamily {
    static func gauge(_ name: String, _ help: String, _ value: Int) -> Self {
        Self(name, .gauge, help: help, samples: [Sample(.count(value))])
    }

    static func counter(_ name: String, _ help: String, _ value: Int) -> Self {
        Self(name, .counter, help: help, samples: [Sample(.count(value))])
    }

    /// One sample for each element, told apart by one label.
    static func counter(_ name: String, _ help: String, by label: String, _ counts: [(String, Int)]) -> Self {
        Self(name, .counter, help: help, samples: counts.map { Sample(.count($1), [Label(label, $0)]) })
    }
}

extension MetricFamily.Value {
    /// Times in the buckets that `bounds` end, which are seconds.
    static func histogram(_ times: LatencyHistogram, bounds: [Double]) -> Self {
        let counts = times.cumulativeCounts(upTo: bounds.map { Int(($0 * 1e9).rounded()) })
        return .histogram(
            buckets: zip(bounds, counts).map { MetricFamily.Bucket(bound: $0, cumulativeCount: $1) },
            count: times.total, sum: Double(times.nanoseconds) / 1e9)
    }
}

/// Bounds of buckets, in seconds.
///
/// They stay as they are: to change them breaks what is stored already.
enum BucketBounds {
    /// Of requests and parts of them: a tenth of a microsecond, a share of a large batch, to ten seconds of disk.
    static let requests = [
        1e-7, 2.5e-7, 5e-7, 1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 0.001, 0.0025, 0.005, 0.01,
        0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
    ]
    /// Of steps of swaps, some of which read whole datasets.
    static let swaps = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60]
}
