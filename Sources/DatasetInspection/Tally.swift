internal import Bytes
internal import Datasets

/// Counts differences while they are found, and keeps the first few of each kind.
struct Tally {
    var result = ComparisonResult()
    private let samplesMax: Int

    init(samplesMax: Int) { self.samplesMax = samplesMax }

    /// Counts a key that is in both.
    @inline(__always) mutating func both(_ key: Span<UInt8>, isEqual: Bool) {
        if isEqual {
            result.equal += 1
        } else {
            result.changed += 1
            keep(key, &result.samples.changed)
        }
    }

    /// Counts a key that only A has.
    mutating func missing(_ key: Span<UInt8>) {
        result.missing += 1
        keep(key, &result.samples.missing)
    }

    /// Counts a key that only B has.
    mutating func new(_ key: Span<UInt8>) {
        result.new += 1
        keep(key, &result.samples.new)
    }

    private func keep(_ key: Span<UInt8>, _ samples: inout [ManifestKey]) {
        if samples.count < samplesMax { samples.append(ManifestKey(key.copied())) }
    }
}
