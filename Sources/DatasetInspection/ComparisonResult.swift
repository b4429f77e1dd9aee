public import Datasets

/// How two datasets, A and B, differ.
public struct ComparisonResult: Sendable, Equatable, Encodable {
    /// Keys that have the same value in both.
    public var equal = 0
    /// Keys in both whose values differ.
    public var changed = 0
    /// Keys in A only.
    public var missing = 0
    /// Keys in B only.
    public var new = 0
    /// Keys of a server that hold a list, a hash or another kind that no dataset has; each is also counted as
    /// changed, missing or new.
    public var notStrings = 0
    /// The first keys found of each kind.
    public var samples = Samples()
    /// False where a server's keys could be counted only nearly; ``notes`` say why.
    public var isExact = true
    public var notes: [String] = []
    public var seconds = 0.0

    public struct Samples: Sendable, Equatable, Encodable {
        public var changed: [ManifestKey] = []
        public var missing: [ManifestKey] = []
        public var new: [ManifestKey] = []
    }

    /// Keys that are not equal.
    public var differences: Int { changed + missing + new }
    public var keysOfA: Int { equal + changed + missing }
    public var keysOfB: Int { equal + changed + new }

    public init() {}

    /// The result of comparing B with A instead.
    var flipped: ComparisonResult {
        var result = self
        (result.missing, result.new) = (new, missing)
        (result.samples.missing, result.samples.new) = (samples.new, samples.missing)
        return result
    }

    private enum CodingKeys: String, CodingKey {
        case equal
        case changed
        case missing
        case new
        case notStrings = "not_strings"
        case samples
        case isExact = "exact"
        case notes
        case seconds
    }
}

/// How many differences pass as none.
public enum Tolerance: Sendable, Equatable {
    case keys(Int)
    /// Of the larger side's keys.
    case percent(Double)

    /// Reads `100` or `0.5%`; `nil` for anything else.
    public init?(_ text: String) {
        if text.hasSuffix("%") {
            guard let share = Double(text.dropLast()), (0...100).contains(share) else { return nil }
            self = .percent(share)
        } else {
            guard let count = Int(text), count >= 0, text.first != "+" else { return nil }
            self = .keys(count)
        }
    }

    public func allows(_ result: ComparisonResult) -> Bool {
        switch self {
        case .keys(let most): result.differences <= most
        case .percent(let share):
            Double(result.differences) * 100 <= share * Double(max(result.keysOfA, result.keysOfB))
        }
    }
}
