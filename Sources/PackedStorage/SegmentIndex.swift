internal import Bytes
internal import Platform
internal import Storage

/// Writes the lines and the overflow of a segment, from what is known of its records one after another.
///
/// Both grow at a time, each in its own place: how many lines there will be follows from the number of keys.
struct SegmentIndex: ~Copyable {
    private let lineCount: Int
    private let recordsByteCount: Int
    private var lines: PageStream
    /// The overflow's bytes up to where a page begins; they share one with the last lines.
    private var overflowHead = ByteBuffer()
    private let overflowHeadByteCount: Int
    private var overflow: PageStream
    private var overflowByteCount = 0

    /// The line that the last record belongs to, and what is known of its records.
    private var line = 0
    private var tags: [UInt16] = []
    private var offsets: [UInt64] = []
    private var bytes = ByteBuffer()

    /// Entries in a narrow line without overflow, and in one with it.
    static let entriesMax = 14
    static let entriesBesideOverflow = 13

    /// What was written.
    struct Parts: ~Copyable {
        var overflowByteCount: Int
        var pageChecksums: ByteBuffer
    }

    /// Begins at a page's beginning.
    ///
    /// - Parameters:
    ///   - file: Of the segment.
    ///   - path: Of the file, for errors.
    ///   - offset: Where in the file the lines begin.
    ///   - keyCount: How many records will be told of.
    ///   - recordsByteCount: Of all of them together.
    init(file: BulkFile, path: String, offset: Int, keyCount: Int, recordsByteCount: Int) {
        lineCount = SegmentLayout.lineCount(forKeys: keyCount)
        self.recordsByteCount = recordsByteCount
        let linesEnd = offset + lineCount * SegmentLayout.lineByteCount
        let overflowPage = SegmentLayout.roundedUp(linesEnd, to: SegmentLayout.pageByteCount)
        overflowHeadByteCount = overflowPage - linesEnd
        lines = PageStream(file: file, path: path, offset: offset)
        overflow = PageStream(file: file, path: path, offset: overflowPage)
    }

    /// Tells of the next record.
    ///
    /// - Parameters:
    ///   - hash: Of its key; not less than the one before.
    ///   - offset: Where it begins, in bytes from the first.
    /// - Throws: ``EngineError`` of kind `io` where the file cannot be written.
    mutating func append(hash: UInt64, offset: UInt64) throws(EngineError) {
        let its = PackedKey.line(of: hash, among: lineCount)
        precondition(its >= line, "rows come in the order of their hash")
        while line < its { try endLine(next: offset) }
        tags.append(UInt16(truncatingIfNeeded: hash))
        offsets.append(offset)
    }

    /// Ends the index behind the last record.
    mutating func finish() throws(EngineError) -> Parts {
        while line < lineCount { try endLine(next: UInt64(recordsByteCount)) }
        // The page with the last lines in it goes on with the first blocks of the overflow.
        try lines.append(overflowHead, in: 0..<overflowHead.count)
        try lines.finish()
        try overflow.finish()
        var checksums = ByteBuffer()
        checksums.append(lines.checksums.span)
        checksums.append(overflow.checksums.span)
        return Parts(overflowByteCount: overflowByteCount, pageChecksums: checksums)
    }

    /// Writes the line at hand; `next` is where the first record behind its own begins.
    private mutating func endLine(next: UInt64) throws(EngineError) {
        let base = offsets.first ?? next
        bytes.removeAll()
        if let last = offsets.last, last - base > UInt64(UInt16.max) {
            try writeWide(base)
        } else {
            try writeNarrow(base)
        }
        line += 1
        tags.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
    }

    private mutating func writeNarrow(_ base: UInt64) throws(EngineError) {
        let isOverflowing = tags.count > Self.entriesMax
        let inline = isOverflowing ? Self.entriesBesideOverflow : tags.count
        let block = isOverflowing ? try Self.pointer(toBlockAt: overflowByteCount) : 0
        bytes.append(number: base << 8 | UInt64(isOverflowing ? 15 : tags.count))
        for index in 0..<inline { bytes.append(number: tags[index]) }
        for _ in inline..<Self.entriesMax { bytes.append(number: UInt16(truncatingIfNeeded: block)) }
        for index in 0..<inline { bytes.append(number: UInt16(offsets[index] - base)) }
        for _ in inline..<Self.entriesMax { bytes.append(number: UInt16(block >> 16)) }
        try lines.append(bytes, in: 0..<bytes.count)
        guard isOverflowing else { return }
        bytes.removeAll()
        bytes.append(number: UInt32(tags.count - inline))
        for index in inline..<tags.count { bytes.append(number: tags[index]) }
        for index in inline..<tags.count { bytes.append(number: UInt16(offsets[index] - base)) }
        try writeBlock()
    }

    private mutating func writeWide(_ base: UInt64) throws(EngineError) {
        bytes.append(number: base << 8 | 1 << 4 | 15)
        bytes.append(number: UInt64(overflowByteCount / 8))
        bytes.append(zeros: SegmentLayout.lineByteCount - bytes.count)
        try lines.append(bytes, in: 0..<bytes.count)
        bytes.removeAll()
        bytes.append(number: UInt64(tags.count))
        for tag in tags { bytes.append(number: tag) }
        padBlock()
        for offset in offsets { bytes.append(number: offset - base) }
        try writeBlock()
    }

    /// What a narrow line has for the place of its overflow block, which is a multiple of 8.
    ///
    /// - Throws: ``EngineError`` of kind `invalid` from 32 GiB of overflow on.
    static func pointer(toBlockAt offset: Int) throws(EngineError) -> UInt32 {
        guard let pointer = UInt32(exactly: offset / 8) else {
            throw EngineError(
                operation: "write", kind: .invalid,
                message: "a segment has more than 32 GiB of index overflow; more segments would have less each")
        }
        return pointer
    }

    private mutating func padBlock() {
        bytes.append(zeros: SegmentLayout.roundedUp(bytes.count, to: 8) - bytes.count)
    }

    /// Adds a block to the overflow.
    private mutating func writeBlock() throws(EngineError) {
        padBlock()
        overflowByteCount += bytes.count
        let inHead = min(overflowHeadByteCount - overflowHead.count, bytes.count)
        overflowHead.append(bytes, in: 0..<inHead)
        try overflow.append(bytes, in: inHead..<bytes.count)
    }
}
