internal import Bytes
internal import Platform
public import Storage

/// Writes one segment file; see `Format.md`.
///
/// Belongs to one thread. Dropped before ``finish()``, it leaves a file that is no segment.
public struct SegmentWriter: ~Copyable {
    private let file: BulkFile
    private let path: String
    private var layout: SegmentLayout
    private var output: RegionWriter
    private var directory: RecordDirectory
    /// The first rows, until they have made the dictionary; `nil` where values are stored as they are.
    private var held: HeldRows?
    private var compressor: ValueCompressor?
    private var dictionary = ByteBuffer()
    private var stored = ByteBuffer()

    private static let bufferByteCount = 8 << 20
    private static let tailBufferByteCount = 64 << 10

    /// What a segment may use beside its buffers, in bytes, where nothing else is said.
    public static let indexMemoryBytes = 64 << 20

    /// Makes the file of the segment of `slots` in `directory`, where nothing of its name may be yet.
    ///
    /// - Parameters:
    ///   - directory: A directory.
    ///   - slots: The segment's range of hash slots.
    ///   - compression: How values are stored.
    ///   - indexMemoryBytes: For what the index is made from, 16 bytes a key; where it does not suffice, the records
    ///     are read a second time.
    /// - Throws: ``EngineError`` of kind `io` where the file cannot be made.
    public init(
        directory: String, slots: Range<Int>, compression: SegmentLayout.Compression = .none,
        indexMemoryBytes: Int = Self.indexMemoryBytes
    ) throws(EngineError) {
        let path = "\(directory)/\(SegmentLayout.fileName(firstSlot: slots.lowerBound))"
        let file = try Self.makeFile(path)
        var output = RegionWriter(file: file, path: path, offset: 0, bufferByteCount: Self.bufferByteCount)
        try output.append(SegmentLayout.head)
        (self.path, self.file, layout) = (path, file, SegmentLayout(slots: slots))
        layout.compression = compression
        self.output = output
        held = compression == .zstd ? HeldRows() : nil
        self.directory = RecordDirectory(memoryBytes: indexMemoryBytes)
    }

    private static func makeFile(_ path: String) throws(EngineError) -> BulkFile {
        do throws(SystemError) {
            return try BulkFile(creating: path)
        } catch {
            throw EngineError(operation: "write", kind: .io, message: "\(path): \(error.reason)")
        }
    }

    /// Adds a row whose key is in one of the segment's slots.
    ///
    /// - Parameters:
    ///   - hash: Of the key; rows come in ascending order of hash, and where those are the same, of keys.
    ///   - key: A key that has not come before.
    ///   - value: What belongs to it.
    /// - Throws: ``EngineError`` of kind `io` where the file cannot be written.
    public mutating func append(hash: UInt64, key: Span<UInt8>, value: Span<UInt8>) throws(EngineError) {
        layout.keyBytes += key.count
        layout.valueBytes += value.count
        switch layout.compression {
        case .none:
            beginRecord(hash)
            endRecord(try output.appendRecord(key: key, value: value))
        case .zstd where held != nil:
            held?.append(hash: hash, key: key, value: value)
            if held?.isFull == true { try train() }
        case .zstd:
            try appendCompressed(hash: hash, key: key, value: value)
        }
    }

    /// Makes the dictionary of the first rows, and writes them.
    private mutating func train() throws(EngineError) {
        guard let held = held.take() else { return }
        dictionary = held.dictionary()
        compressor = ValueCompressor(dictionary: dictionary)
        for index in held.hashes.indices {
            try appendCompressed(
                hash: held.hashes[index], key: held.rows[keyAt: index], value: held.rows[valueAt: index])
        }
    }

    private mutating func appendCompressed(
        hash: UInt64, key: Span<UInt8>, value: Span<UInt8>
    ) throws(EngineError) {
        compressor?.store(value, into: &stored)
        beginRecord(hash)
        endRecord(try output.appendRecord(key: key, stored: stored))
    }

    private mutating func beginRecord(_ hash: UInt64) {
        directory.append(hash: hash, offset: output.offset - SegmentLayout.headByteCount)
    }

    private mutating func endRecord(_ byteCount: Int) {
        layout.recordByteCountMax = max(layout.recordByteCountMax, byteCount)
    }

    /// Writes the index and the trailer; the file is complete, and not yet on the disk for certain.
    ///
    /// - Throws: ``EngineError`` of kind `io` where the file cannot be written, or its records not be read again.
    public consuming func finish() throws(EngineError) -> SegmentLayout {
        try train()
        layout.keyCount = directory.count
        layout.records.count = output.offset - layout.records.offset
        output.pad(to: SegmentLayout.pageByteCount)
        layout.lines.offset = output.offset
        try output.flush()

        var index = SegmentIndex(
            file: file, path: path, offset: layout.lines.offset, keyCount: layout.keyCount,
            recordsByteCount: layout.records.count)
        try directory.forEach(in: file, path: path, layout.records) { (hash, offset) throws(EngineError) in
            try index.append(hash: hash, offset: offset)
        }
        let parts = try index.finish()
        layout.lineCount = SegmentLayout.lineCount(forKeys: layout.keyCount)
        layout.lines.count = layout.lineCount * SegmentLayout.lineByteCount
        layout.overflow = .init(offset: layout.lines.end, count: parts.overflowByteCount)
        layout.pageChecksums = .init(offset: layout.overflow.end, count: parts.pageChecksums.count)
        layout.pageChecksumsHash = PackedKey.hash(parts.pageChecksums.span)
        layout.dictionary = .init(offset: layout.pageChecksums.end, count: dictionary.count)
        layout.dictionaryHash = dictionary.isEmpty ? 0 : PackedKey.hash(dictionary.span)

        var tail = RegionWriter(
            file: file, path: path, offset: layout.pageChecksums.offset, bufferByteCount: Self.tailBufferByteCount)
        try tail.append(parts.pageChecksums.span)
        try tail.append(dictionary)
        tail.pad(to: SegmentLayout.pageByteCount)
        try tail.append(layout.trailer.span)
        try tail.flush()
        return layout
    }
}

/// The first rows of a segment whose values are to be compressed.
private struct HeldRows: ~Copyable {
    private(set) var hashes: [UInt64] = []
    private(set) var rows = RowPage()
    private var byteCount = 0

    /// Whether there are enough for a dictionary.
    var isFull: Bool { byteCount >= CompressionSample.byteCountMax }

    mutating func append(hash: UInt64, key: Span<UInt8>, value: Span<UInt8>) {
        hashes.append(hash)
        rows.append(key: key, value: value)
        byteCount += key.count + value.count
    }

    func dictionary() -> ByteBuffer {
        var sample = CompressionSample()
        for index in hashes.indices { sample.append(rows[valueAt: index]) }
        return sample.dictionary()
    }
}
