import Bytes

/// The prefixes of keys that a client in broadcast mode names, sorted by their bytes.
///
/// None of them begins another, but that the empty one may stand beside others.
struct TrackingPrefixes {
    private(set) var sorted: [[UInt8]] = []
    /// Of all of them together.
    private(set) var byteCount = 0
    /// Prefixes that one connection may have.
    static let countMax = 4_096
    /// Of their bytes together.
    static let byteCountMax = 1 << 20

    /// Adds prefixes, in whatever order a client names them.
    ///
    /// - Throws: What to reply instead, with nothing changed: Redis's words on the first overlap in the order of the
    ///   request, or that there are too many.
    mutating func add(_ added: [[UInt8]]) throws(CommandError) {
        let addedBytes = added.reduce(0) { $0 + $1.count }
        guard sorted.count + added.count <= Self.countMax, byteCount + addedBytes <= Self.byteCountMax else {
            throw CommandError(ErrorReply.tooManyPrefixes)
        }
        let firstOverlap = Self.firstOverlap(among: added)
        for (index, prefix) in added.enumerated() {
            if let other = existing(overlapping: prefix) {
                throw CommandError(ErrorReply.overlappingPrefix(prefix, " with an existing prefix '", other))
            }
            if index == firstOverlap, let other = added[(index + 1)...].first(where: { Self.overlap(prefix, $0) }) {
                throw CommandError(ErrorReply.overlappingPrefix(prefix, " with another provided prefix '", other))
            }
        }
        sorted += added
        sorted.sort(by: Self.precedes)
        byteCount += addedBytes
    }

    /// Adds the prefix of every key, which may be there already.
    mutating func addEmpty() {
        if sorted.first?.isEmpty != true { sorted.insert([], at: 0) }
    }

    /// The first of those that are here to begin `prefix` or be begun by it.
    private func existing(overlapping prefix: [UInt8]) -> [UInt8]? {
        if let first = sorted.first, first.isEmpty { return first }
        let place = lowerBound(of: prefix)
        // What sorts between a prefix and what it begins is begun by it too, so that it can only be the neighbour.
        if place > 0, Self.begins(sorted[place - 1], prefix) { return sorted[place - 1] }
        if place < sorted.count, Self.begins(prefix, sorted[place]) { return sorted[place] }
        return nil
    }

    private func lowerBound(of prefix: [UInt8]) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if Self.precedes(sorted[middle], prefix) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The least index of a prefix that overlaps another one, which then stands behind it.
    private static func firstOverlap(among prefixes: [[UInt8]]) -> Int? {
        let order = prefixes.indices.sorted { precedes(prefixes[$0], prefixes[$1]) }
        // Those that begin the one at hand, each begun by the one before.
        var beginnings: [Int] = []
        var first: Int?
        for index in order {
            while let last = beginnings.last, !begins(prefixes[last], prefixes[index]) { beginnings.removeLast() }
            if let last = beginnings.last { first = min(first ?? .max, last, index) }
            beginnings.append(index)
        }
        return first
    }

    private static func precedes(_ one: [UInt8], _ other: [UInt8]) -> Bool { one.span.compare(other.span) < 0 }

    private static func begins(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count <= other.count && one.span.isEqual(to: other.span.extracting(..<one.count))
    }

    private static func overlap(_ one: [UInt8], _ other: [UInt8]) -> Bool { begins(one, other) || begins(other, one) }
}

extension ErrorReply {
    static let tooManyPrefixes: StaticString = "ERR too many prefixes"

    static func overlappingPrefix(_ prefix: [UInt8], _ relation: StaticString, _ other: [UInt8]) -> [UInt8] {
        quoting("ERR Prefix '", prefix.span, "' overlaps")
            + quoting(relation, other.span, "'. Prefixes for a single client must not overlap.")
    }
}
