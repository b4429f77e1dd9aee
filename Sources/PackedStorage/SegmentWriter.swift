internal import Bytes
internal import Platform
public import Storage

/// Writes one segment file, from its first byte to its last.
public struct SegmentWriter: ~Copyable {
    private let file: BulkFile
    private let path: String
    private var layout: SegmentLayout
    private var buffer = ByteBuffer(capacity: bufferByteCount)
    /// The record at hand, without its checksum.
    private var body = ByteBuffer()
    /// Of what has been written to the file.
    private var written = 0
    private var hashes: [UInt64] = []
    /// Where each record begins, from the first of all.
    private var offsets: [UInt64] = []

    private static let bufferByteCount = 1 << 20

    /// Makes the file of the segment of `slots` in `directory`, where nothing of its name may be yet.
    public init(directory: String, slots: Range<Int>) throws(EngineError) {
        path = "\(directory)/\(SegmentLayout.fileName(firstSlot: slots.lowerBound))"
        layout = SegmentLayout(slots: slots)
        do throws(SystemError) {
            file = try BulkFile(creating: path)
        } catch {
            throw Self.failure(path, error)
        }
        buffer.append(SegmentLayout.head.span)
    }

    /// Adds a row whose key is in one of the segment's slots.
    ///
    /// - Parameters:
    ///   - hash: Of the key; rows come in ascending order of hash, and where those are the same, of keys.
    ///   - key: A key that has not come before.
    ///   - value: What belongs to it.
    /// - Throws: ``EngineError`` of kind `io` where the file cannot be written.
    public mutating func append(hash: UInt64, key: Span<UInt8>, value: Span<UInt8>) throws(EngineError) {
        precondition(hashes.last ?? 0 <= hash, "rows come in the order of their hash")
        let start = written + buffer.count
        hashes.append(hash)
        offsets.append(UInt64(start - SegmentLayout.headByteCount))
        body.removeAll()
        body.append(leb128: key.count)
        body.append(leb128: value.count)
        body.append(key)
        body.append(value)
        let checksum = UInt32(truncatingIfNeeded: PackedKey.hash(body.span))
        buffer.append(number: checksum)
        buffer.append(body, in: 0..<body.count)
        layout.recordByteCountMax = max(layout.recordByteCountMax, 4 + body.count)
        layout.keyBytes += key.count
        layout.valueBytes += value.count
        if buffer.count >= Self.bufferByteCount { try flush() }
    }

    /// Writes the index and the trailer; the file is complete, and not yet on the disk for certain.
    public consuming func finish() throws(EngineError) -> SegmentLayout {
        layout.keyCount = hashes.count
        layout.records.count = written + buffer.count - SegmentLayout.headByteCount
        pad(to: SegmentLayout.pageByteCount)
        try flush()

        var index = SegmentIndex(recordsByteCount: layout.records.count, keyCount: hashes.count)
        index.build(hashes: hashes.span, offsets: offsets.span)
        layout.lineCount = SegmentLayout.lineCount(forKeys: hashes.count)
        layout.lines = .init(offset: written, count: index.lines.count)
        layout.overflow = .init(offset: layout.lines.end, count: index.overflow.count)
        buffer.append(index.lines.span)
        buffer.append(index.overflow.span)
        layout.pageChecksums.offset = layout.overflow.end

        var checksums = ByteBuffer()
        for start in stride(from: 0, to: buffer.count, by: SegmentLayout.pageByteCount) {
            let end = min(start + SegmentLayout.pageByteCount, buffer.count)
            checksums.append(number: PackedKey.hash(buffer.span.extracting(start..<end)))
        }
        layout.pageChecksums.count = checksums.count
        layout.pageChecksumsHash = PackedKey.hash(checksums.span)
        buffer.append(checksums.span)
        layout.dictionary.offset = layout.pageChecksums.end
        pad(to: SegmentLayout.pageByteCount)
        buffer.append(layout.trailer.span)
        try flush()
        return layout
    }

    private mutating func pad(to unit: Int) {
        let end = written + buffer.count
        for _ in end..<SegmentLayout.roundedUp(end, to: unit) { buffer.append(0) }
    }

    private mutating func flush() throws(EngineError) {
        do throws(SystemError) {
            try file.write(buffer.span, at: written)
        } catch {
            throw Self.failure(path, error)
        }
        written += buffer.count
        buffer.removeAll()
    }

    private static func failure(_ path: String, _ error: SystemError) -> EngineError {
        EngineError(operation: "write", kind: .io, message: "\(path): \(error.reason)")
    }
}
