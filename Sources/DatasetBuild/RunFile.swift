internal import Bytes

/// A sorted run of rows with distinct keys, on disk; removed when it is no longer needed.
final class RunFile {
    let path: String
    let byteCount: Int

    init(path: String, byteCount: Int) {
        self.path = path
        self.byteCount = byteCount
    }

    deinit { FileTree.remove(path) }
}

/// Writes a run, row by row.
struct RunWriter: ~Copyable {
    private let file: BuildFile
    private var buffer: ByteBuffer
    private var byteCount = 0

    private static let bufferBytes = 1 << 20

    init(path: String) throws(BuildError) {
        file = try BuildFile(creating: path)
        buffer = ByteBuffer(capacity: Self.bufferBytes)
    }

    /// Appends a row: header, key and value.
    mutating func append(_ row: Span<UInt8>) throws(BuildError) {
        if buffer.count + row.count > Self.bufferBytes { try flush() }
        if row.count > Self.bufferBytes {
            try file.write(row)
            byteCount += row.count
        } else {
            buffer.append(row)
        }
    }

    consuming func finish() throws(BuildError) -> RunFile {
        try flush()
        return RunFile(path: file.path, byteCount: byteCount)
    }

    private mutating func flush() throws(BuildError) {
        try file.write(buffer.span)
        byteCount += buffer.count
        buffer.removeAll()
    }
}

/// Reads a run, row by row.
///
/// Of the current row the header and the key are in memory, the value only while ``withRow(_:)`` lends it:
/// so of many runs with huge values only one value is held.
final class RunReader {
    private let run: RunFile
    private let file: BuildFile
    private let bufferBytes: Int
    private var buffer = ByteBuffer()
    private var fileOffset = 0
    private(set) var header = RowHeader(keyCount: 0, valueCount: 0, origin: RowOrigin(rawValue: 0))
    /// The current key's first eight bytes, as a big-endian integer.
    private(set) var prefix: UInt64 = 0

    init(_ run: RunFile, bufferBytes: Int) throws(BuildError) {
        self.run = run
        self.bufferBytes = bufferBytes
        file = try BuildFile(reading: run.path)
    }

    /// The current row's key, until the reader next changes.
    func withKey<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        func lend(_ buffer: borrowing ByteBuffer) -> Result {
            let bytes = buffer.span
            return body(bytes.rowKey(at: 0))
        }
        return lend(buffer)
    }

    /// The current row: header, key and value.
    func withRow(_ body: (Span<UInt8>) throws(BuildError) -> Void) throws(BuildError) {
        func lend(_ buffer: borrowing ByteBuffer) throws(BuildError) {
            let bytes = buffer.span
            try body(bytes.extracting(0..<header.rowByteCount))
        }
        try load(header.rowByteCount)
        try lend(buffer)
    }

    /// Moves to the first row; false where there is none.
    func start() throws(BuildError) -> Bool { try readHeader() }

    /// Moves to the next row; false at the end.
    func next() throws(BuildError) -> Bool {
        let rowBytes = header.rowByteCount
        if rowBytes <= buffer.count {
            buffer.removeFirst(rowBytes)
            // A huge row's memory goes back before the next one comes.
            if buffer.isEmpty, buffer.capacity > 2 * bufferBytes { buffer.release() }
        } else {
            fileOffset += rowBytes - buffer.count
            buffer.removeAll()
        }
        return try readHeader()
    }

    private func readHeader() throws(BuildError) -> Bool {
        guard !buffer.isEmpty || fileOffset < run.byteCount else { return false }
        try load(RowHeader.byteCount)
        header = RowHeader(buffer.span, at: 0)
        try load(RowHeader.byteCount + header.keyCount)
        prefix = buffer.span.rowKey(at: 0).sortablePrefix(from: 0)
        return true
    }

    /// Makes sure that the next `count` bytes of the run are in the buffer.
    private func load(_ count: Int) throws(BuildError) {
        while buffer.count < count {
            let wanted = min(max(count - buffer.count, bufferBytes - buffer.count), run.byteCount - fileOffset)
            let filled = try file.read(wanted, at: fileOffset, to: &buffer)
            guard filled > 0 else {
                throw BuildError(.inputOutput, "cannot read \(run.path): it is shorter than what was written")
            }
            fileOffset += filled
        }
    }
}
