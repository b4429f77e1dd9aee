internal import Bytes
internal import Storage

/// One page of a walk over keys by position, over all segments at once.
///
/// A page is a range of positions, chosen by the density of keys so that about as many come as were asked for, and cut
/// shorter where there are more. Within it, keys come segment after segment.
struct PackedScan: ~Copyable {
    private let segments: [PackedSegment]
    private let limit: Int
    /// Keys for one position.
    private let density: Double
    private let readsShortPieces: Bool
    private var keys = ByteBuffer()
    /// Of each key in ``keys``.
    private var positions: [UInt64] = []
    private var ends: [Int] = []

    init(_ engine: PackedEngine, limit: Int) {
        precondition(limit >= 1)
        segments = engine.segments
        self.limit = limit
        density = Double(engine.keyCount.value) / Double(PackedKey.positionCount)
        let recordBytes = engine.segments.reduce(0) { $0 + $1.layout.records.count }
        readsShortPieces = recordBytes / max(engine.keyCount.value, 1) >= Self.longRecordByteCount
        let expected = min(limit, engine.keyCount.value, 4096)
        positions.reserveCapacity(expected)
        ends.reserveCapacity(expected)
    }

    /// Visits the keys from `start` on.
    ///
    /// - Returns: The first position of the next page; `nil` where there is none.
    mutating func run(from start: UInt64, _ visit: (Span<UInt8>) -> Void) throws(EngineError) -> UInt64? {
        guard density > 0 else { return nil }
        var reader = RecordReader(
            windowByteCount: readsShortPieces ? Self.shortWindowByteCount : Self.windowByteCount, readsKeysOnly: true)
        var end = start
        var stretch = 1.0
        while end < PackedKey.positionCount, positions.count < max(limit / 2, 1) {
            let wanted = Double(limit - positions.count)
            // A little less, as a page that is to be cut was read in vain where it is cut off.
            let aim = max(wanted - 2 * wanted.squareRoot(), 0.7 * wanted) * stretch
            let left = PackedKey.positionCount - end
            let next = end + UInt64(min(max(aim / density, 1), Double(left)))
            for segment in segments { try collect(segment, end..<next, &reader) }
            end = next
            // Where there is less than expected, hashes are not as evenly spread as those of most keys.
            stretch *= 2
        }
        if positions.count > limit { end = cut() }
        var keyStart = 0
        for index in positions.indices {
            if positions[index] < end { visit(keys.span.extracting(keyStart..<ends[index])) }
            keyStart = ends[index]
        }
        return end < PackedKey.positionCount ? end : nil
    }

    /// Keeps the keys of `segment` with a position in `range`, up to one more than the limit.
    private mutating func collect(
        _ segment: PackedSegment, _ range: Range<UInt64>, _ reader: inout RecordReader
    ) throws(EngineError) {
        let lineCount = segment.layout.lineCount
        let first = range.lowerBound << PackedKey.positionShift
        let last = PackedKey.greatestHash(before: range.upperBound)
        let lines = PackedKey.line(of: first, among: lineCount)..<PackedKey.line(of: last, among: lineCount) + 1
        var index = IndexReader(segment)
        try reader.begin(segment, try index.run(of: lines), of: lines)
        var found = 0
        var lastPosition: UInt64 = 0
        while try reader.readNext() > 0 {
            for index in 0..<reader.count {
                let hash = reader.hash(at: index)
                guard hash >= first else { continue }
                let position = hash >> PackedKey.positionShift
                // Whatever comes behind so many is cut off.
                if hash > last || found > limit && position > lastPosition { return }
                keys.append(reader[keyAt: index])
                positions.append(position)
                ends.append(keys.count)
                found += 1
                lastPosition = position
            }
        }
    }

    /// The end of a page that has as many of the keys as may be, and at least those of one position.
    private func cut() -> UInt64 {
        let sorted = positions.sorted()
        let end = sorted[limit]
        // Those of the first position come together, however many they are.
        return end > sorted[0] ? end : end + 1
    }

    /// How much of a segment's records is read at once.
    private static let windowByteCount = 128 << 10
    /// The same where most of what is read would be values that nobody wants.
    private static let shortWindowByteCount = 4 << 10
    private static let longRecordByteCount = 16 << 10
}

extension PackedEngine {
    /// By hash, and by bytes where that is the same.
    public func order(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Int {
        let (hash, otherHash) = (PackedKey.hash(one), PackedKey.hash(other))
        return hash == otherHash ? one.compare(other) : hash < otherHash ? -1 : 1
    }

    /// The position that `start` is.
    ///
    /// - Throws: ``EngineError`` of kind `invalid` for a key.
    static func position(of start: ScanStart) throws(EngineError) -> UInt64 {
        switch start {
        case .beginning: return 0
        case .position(let position):
            precondition(position < PackedKey.positionCount)
            return position
        case .key:
            throw EngineError(
                operation: "scan", kind: .invalid, message: "packed versions are walked by position, not from a key")
        }
    }
}
