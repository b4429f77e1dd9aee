internal import Bytes
internal import Storage

/// Holds the lines and the overflow of a segment against its records, both in their order.
struct LineVerification: ~Copyable {
    private let segment: PackedSegment
    private var index: IndexReader
    /// The line whose records are being gathered.
    private var line = 0
    private var hashes: [UInt64] = []
    private var places: [Int] = []
    /// Where the next overflow block is, in bytes from the beginning of the overflow.
    private var overflow = 0
    private var block = ByteBuffer()
    private var lineBytes = ByteBuffer()

    private static let inlineTags = 8
    private static let inlineOffsets = 36
    private static let overflowing = 15

    init(_ segment: PackedSegment) {
        self.segment = segment
        index = IndexReader(segment)
    }

    /// Notes the next record.
    mutating func add(hash: UInt64, place: Int) throws(EngineError) {
        let its = PackedKey.line(of: hash, among: segment.layout.lineCount)
        while line < its { try checkLine(nextPlace: place) }
        hashes.append(hash)
        places.append(place)
    }

    /// Checks the lines behind the last record, and that the overflow ends with theirs.
    mutating func finish() throws(EngineError) {
        while line < segment.layout.lineCount { try checkLine(nextPlace: segment.layout.records.count) }
        guard overflow == segment.layout.overflow.count else {
            throw segment.damage(
                "the index: \(segment.layout.overflow.count - overflow) bytes of overflow are no line's")
        }
    }

    /// Checks the line whose records have been gathered, and begins with the next.
    private mutating func checkLine(nextPlace: Int) throws(EngineError) {
        let base = places.first ?? nextPlace
        var buffer = ByteBuffer()
        swap(&buffer, &lineBytes)
        defer { swap(&buffer, &lineBytes) }
        buffer.removeAll()
        try index.copyLine(line, to: &buffer)
        let bytes = buffer.span
        let header = bytes.packed(at: 0, count: 8)
        let (count, form) = (Int(header & 15), header >> 4 & 15)
        guard Int(header >> 8) == base else { throw damage("it begins at \(header >> 8), its first record at \(base)") }
        let isWide = (places.last ?? base) - base > Int(UInt16.max)
        guard form == (isWide ? 1 : 0) else { throw damage("its form is \(form)") }
        let isOverflowing = isWide || hashes.count > SegmentIndex.entriesMax
        guard count == (isOverflowing ? Self.overflowing : hashes.count) else {
            throw damage("its count is \(count), there are \(hashes.count) records")
        }
        let inline = isWide ? 0 : isOverflowing ? SegmentIndex.entriesBesideOverflow : hashes.count
        for entry in 0..<inline {
            try checkEntry(
                entry, tag: bytes.packed(at: Self.inlineTags + 2 * entry, count: 2),
                offset: bytes.packed(at: Self.inlineOffsets + 2 * entry, count: 2))
        }
        var pointer: UInt64 = 0
        if isWide {
            pointer = bytes.packed(at: 8, count: 8)
            guard bytes.extracting(16...).isAllZeros else { throw damage("bytes that should be zeros are not") }
        } else if isOverflowing {
            pointer = bytes.packed(at: 34, count: 2) | bytes.packed(at: 62, count: 2) << 16
        } else {
            let unused = 2 * (SegmentIndex.entriesMax - inline)
            guard bytes.extracting(Self.inlineOffsets - unused..<Self.inlineOffsets).isAllZeros,
                bytes.extracting(bytes.count - unused..<bytes.count).isAllZeros
            else { throw damage("bytes that should be zeros are not") }
        }
        if isOverflowing {
            guard pointer == UInt64(overflow / 8) else {
                throw damage("its overflow is at \(pointer), and should be at \(overflow / 8)")
            }
            try checkBlock(from: inline, isWide: isWide)
        }
        line += 1
        hashes.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
    }

    /// Checks the overflow block at hand, which has the entries from `first` on.
    private mutating func checkBlock(from first: Int, isWide: Bool) throws(EngineError) {
        let count = hashes.count - first
        let tags = isWide ? 8 : 4
        let offsets = isWide ? SegmentLayout.roundedUp(tags + 2 * count, to: 8) : tags + 2 * count
        let offsetByteCount = isWide ? 8 : 2
        let end = offsets + offsetByteCount * count
        let byteCount = SegmentLayout.roundedUp(end, to: 8)
        guard byteCount <= segment.layout.overflow.count - overflow else { throw damage("its overflow is too short") }
        block.removeAll()
        try segment.read(byteCount, at: segment.layout.overflow.offset + overflow, to: &block)
        guard block.span.packed(at: 0, count: 4) == UInt64(count) else {
            throw damage("its overflow has \(block.span.packed(at: 0, count: 4)) entries, and should have \(count)")
        }
        for entry in 0..<count {
            try checkEntry(
                first + entry, tag: block.span.packed(at: tags + 2 * entry, count: 2),
                offset: block.span.packed(at: offsets + offsetByteCount * entry, count: offsetByteCount))
        }
        let padding = isWide ? [4..<8, tags + 2 * count..<offsets] : [end..<byteCount]
        for range in padding where !block.span.extracting(range).isAllZeros {
            throw damage("bytes of its overflow that should be zeros are not")
        }
        overflow += byteCount
    }

    private func checkEntry(_ entry: Int, tag: UInt64, offset: UInt64) throws(EngineError) {
        guard tag == hashes[entry] & 0xFFFF, offset == UInt64(places[entry] - places[0]) else {
            throw damage("entry \(entry) does not lead to its record")
        }
    }

    private func damage(_ message: String) -> EngineError { segment.damage("line \(line) of the index: \(message)") }
}

extension Span where Element == UInt8 {
    /// True where there are no others.
    var isAllZeros: Bool {
        for index in indices where self[index] != 0 { return false }
        return true
    }
}
