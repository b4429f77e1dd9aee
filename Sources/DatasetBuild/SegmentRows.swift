internal import Bytes
internal import PackedStorage
internal import Storage

/// Sorts the rows of some neighbouring segments, and writes these; belongs to one thread.
struct SegmentRows: ~Copyable {
    private let segments: Range<Int>
    private let options: PackedBuildOptions
    private let memoryBytes: Int
    private let duplicates: DuplicateCounter
    private let checkpoints: Checkpoints
    private var sorter: RowSorter

    /// `runs` is a directory that is empty.
    init(
        _ segments: Range<Int>, _ options: PackedBuildOptions, runs: String, memoryBytes: Int,
        duplicates: DuplicateRule,
        checkpoints: Checkpoints
    ) {
        self.segments = segments
        self.options = options
        self.memoryBytes = memoryBytes
        self.duplicates = DuplicateCounter(duplicates, keyOffset: PlacedKey.placeByteCount)
        self.checkpoints = checkpoints
        sorter = RowSorter(
            directory: runs, memoryBytes: memoryBytes, duplicates: self.duplicates, checkpoints: checkpoints)
    }

    /// Takes a row whose key is a ``PlacedKey``.
    mutating func add(placedKey: borrowing ByteBuffer, value: Span<UInt8>, origin: RowOrigin) throws(BuildError) {
        try sorter.add(key: placedKey.span, value: value, origin: origin)
    }

    /// Takes a row, whose key is a ``PlacedKey``, behind its ``RowHeader``.
    mutating func add(row: Span<UInt8>) throws(BuildError) { try sorter.add(row: row) }

    /// Writes all segments, those without rows too, to `directory`.
    mutating func write(to directory: String) throws(BuildError) -> WrittenRows {
        var written = WrittenRows()
        let files = SegmentFiles(segments, options, directory: directory, memoryBytes: memoryBytes / 4)
        try sorter.drain { (placedKey, value) throws(BuildError) in
            let place = PlacedKey(placedKey)
            let key = placedKey.extracting(PlacedKey.placeByteCount...)
            written.statistics.add(key: key, hash: place.hash, value: value)
            try files.append(segment: place.segment, hash: place.hash, key: key, value: value)
            try checkpoints.pass()
        }
        try files.finish()
        written.duplicatesDropped = duplicates.count
        written.repeatCount = duplicates.repeatCount
        return written
    }
}

/// A key with its place before it: ten bytes, such that the order of bytes is the order of records.
struct PlacedKey {
    let segment: Int
    let hash: UInt64

    static let placeByteCount = 10

    /// Reads the place before a key.
    @inline(__always) init(_ bytes: Span<UInt8>) {
        segment = Int(UInt16(truncatingIfNeeded: bytes.packed(at: 0, count: 2)).byteSwapped)
        hash = bytes.packed(at: 2, count: 8).byteSwapped
    }

    init(segment: Int, hash: UInt64) {
        self.segment = segment
        self.hash = hash
    }

    /// Adds the place and `key` to `target`.
    @inline(__always) func append(with key: Span<UInt8>, to target: inout ByteBuffer) {
        unsafe target.appendUninitialized(Self.placeByteCount) { free in
            // Safety: exactly the ten bytes that were asked for are written.
            unsafe free.storeBytes(of: UInt16(segment).bigEndian, toByteOffset: 0, as: UInt16.self)
            unsafe free.storeBytes(of: hash.bigEndian, toByteOffset: 2, as: UInt64.self)
            return Self.placeByteCount
        }
        target.append(key)
    }
}

/// The files of some neighbouring segments, written one after the other.
private final class SegmentFiles {
    private let segments: Range<Int>
    private let options: PackedBuildOptions
    private let directory: String
    private let memoryBytes: Int
    private var writer: SegmentWriter?
    /// The segment that comes after the one being written.
    private var next: Int

    init(_ segments: Range<Int>, _ options: PackedBuildOptions, directory: String, memoryBytes: Int) {
        self.segments = segments
        self.options = options
        self.directory = directory
        self.memoryBytes = memoryBytes
        next = segments.lowerBound
    }

    @inline(__always) func append(
        segment: Int, hash: UInt64, key: Span<UInt8>, value: Span<UInt8>
    ) throws(BuildError) {
        while next <= segment { try beginNext() }
        do throws(EngineError) {
            try writer?.append(hash: hash, key: key, value: value)
        } catch {
            throw BuildError(error)
        }
    }

    func finish() throws(BuildError) {
        while next < segments.upperBound { try beginNext() }
        try end()
    }

    private func beginNext() throws(BuildError) {
        try end()
        let first = next * options.slotsPerSegment
        do throws(EngineError) {
            writer = try SegmentWriter(
                directory: directory, slots: first..<first + options.slotsPerSegment,
                compression: options.compression, indexMemoryBytes: memoryBytes)
        } catch {
            throw BuildError(error)
        }
        next += 1
    }

    private func end() throws(BuildError) {
        guard let writer = writer.take() else { return }
        do throws(EngineError) {
            _ = try writer.finish()
        } catch {
            throw BuildError(error)
        }
    }
}

extension BuildError {
    fileprivate init(_ error: EngineError) {
        self.init(.inputOutput, "could not \(error.operation) the dataset: \(error.message)")
    }
}
