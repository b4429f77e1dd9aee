internal import Bytes
internal import CPacked
internal import Platform
internal import Storage

/// Writes a range of a segment file from its first byte on, through a buffer.
///
/// Several may write to one file at a time, each to a range of its own.
struct RegionWriter: ~Copyable {
    private let file: BulkFile
    private let path: String
    private var buffer: ByteBuffer
    private let bufferByteCount: Int
    /// Where in the file the buffer's first byte belongs.
    private var bufferOffset: Int

    private static let recordHeadMax = Int(ALMANAC_PACKED_RECORD_HEAD_MAX)

    /// Begins at `offset`, a number of bytes from the file's first; `bufferByteCount` go to the file at a time.
    init(file: BulkFile, path: String, offset: Int, bufferByteCount: Int) {
        self.file = file
        self.path = path
        self.bufferByteCount = bufferByteCount
        buffer = ByteBuffer(capacity: bufferByteCount)
        bufferOffset = offset
    }

    /// Where in the file the next byte belongs.
    var offset: Int { bufferOffset + buffer.count }

    mutating func append(_ bytes: Span<UInt8>) throws(EngineError) {
        guard bytes.count < bufferByteCount else {
            try flush()
            try put(bytes)
            bufferOffset += bytes.count
            return
        }
        buffer.append(bytes)
        if buffer.count >= bufferByteCount { try flush() }
    }

    /// Adds all bytes of `bytes`.
    mutating func append(_ bytes: borrowing ByteBuffer) throws(EngineError) { try append(bytes.span) }

    /// Adds the record of `key` and a stored value.
    ///
    /// - Returns: How many bytes it has.
    mutating func appendRecord(key: Span<UInt8>, value: Span<UInt8>) throws(EngineError) -> Int {
        let before = offset
        let isBuffered = key.count + value.count + Self.recordHeadMax <= bufferByteCount
        let room = Self.recordHeadMax + (isBuffered ? key.count + value.count : 0)
        if buffer.count + room > bufferByteCount { try flush() }
        unsafe key.withUnsafeBufferPointer { key in
            unsafe value.withUnsafeBufferPointer { value in
                let write = unsafe isBuffered ? almanac_packed_write_record : almanac_packed_write_record_head
                unsafe buffer.appendUninitialized(room) { free in
                    // Safety: `free` has the room that each of the two asks for; of an empty span no byte is read.
                    unsafe write(
                        free.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self), key.baseAddress,
                        key.count, value.baseAddress, value.count)
                }
            }
        }
        if !isBuffered {
            try append(key)
            try append(value)
        }
        return offset - before
    }

    /// As ``appendRecord(key:value:)``, with a value that is in a buffer.
    mutating func appendRecord(key: Span<UInt8>, stored: borrowing ByteBuffer) throws(EngineError) -> Int {
        try appendRecord(key: key, value: stored.span)
    }

    /// Adds zeros up to the next multiple of `unit`.
    mutating func pad(to unit: Int) { buffer.append(zeros: SegmentLayout.roundedUp(offset, to: unit) - offset) }

    /// Hands what is in the buffer to the file.
    mutating func flush() throws(EngineError) {
        try put(buffer.span)
        bufferOffset += buffer.count
        buffer.removeAll()
    }

    /// Writes `bytes` at the buffer's place, and has the disk begin with them: else they would all come at the end.
    private borrowing func put(_ bytes: Span<UInt8>) throws(EngineError) {
        guard !bytes.isEmpty else { return }
        do throws(SystemError) {
            try file.write(bytes, at: bufferOffset)
            try file.startWriteback(bufferOffset..<bufferOffset + bytes.count)
        } catch {
            throw EngineError(operation: "write", kind: .io, message: "\(path): \(error.reason)")
        }
    }
}
