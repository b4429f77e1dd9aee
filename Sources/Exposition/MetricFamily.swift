/// All samples of one name, as a scrape tells them; a plain value.
public struct MetricFamily: Sendable, Equatable {
    public enum Kind: String, Sendable {
        /// Grows only; its name ends in `_total`.
        case counter
        case gauge
        /// Of times in seconds; its samples are histograms.
        case histogram
        /// Says something by its labels; its value is 1 and its name ends in `_info`.
        case info
    }

    /// Such as `almanac_commands_total`, in Prometheus's form: with the ending that its kind demands, and the unit.
    public var name: String
    public var kind: Kind
    /// One sentence.
    public var help: String
    public var samples: [Sample]

    public init(_ name: String, _ kind: Kind, help: String, samples: [Sample]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }

    /// One time series at one moment.
    public struct Sample: Sendable, Equatable {
        /// In the order in which they are written.
        public var labels: [Label]
        public var value: Value

        public init(_ value: Value, _ labels: [Label] = []) {
            self.labels = labels
            self.value = value
        }
    }

    public struct Label: Sendable, Equatable {
        public var name: String
        /// Any text; it is escaped when it is written.
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public enum Value: Sendable, Equatable {
        case number(Double)
        case count(Int)
        /// How many times were at most each bound, and their sum.
        ///
        /// - Parameters:
        ///   - buckets: Ascending bounds in seconds, each with the count of times up to it; without the last, infinity.
        ///   - count: Of all times.
        ///   - sum: In seconds.
        case histogram(buckets: [Bucket], count: Int, sum: Double)
    }

    public struct Bucket: Sendable, Equatable {
        /// In seconds, inclusive.
        public var bound: Double
        /// Of all times up to ``bound``.
        public var cumulativeCount: Int

        public init(bound: Double, cumulativeCount: Int) {
            self.bound = bound
            self.cumulativeCount = cumulativeCount
        }
    }
}
