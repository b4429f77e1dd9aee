internal import Bytes
internal import CZlib
internal import CZstd

/// How an input's bytes are stored, told by its first bytes and never by its name.
enum Compression: Equatable {
    case none
    case gzip
    case zstd

    /// How many first bytes it takes to tell, unless the input is shorter.
    static let magicByteCount = 4

    init(firstBytes: Span<UInt8>) {
        func begins(_ magic: UInt8...) -> Bool {
            firstBytes.count >= magic.count && magic.indices.allSatisfy { firstBytes[$0] == magic[$0] }
        }
        // A zstd file may also begin with a skippable frame, as pzstd's do: 0x184D2A50 to 0x184D2A5F.
        let isSkippable =
            firstBytes.count >= 4 && firstBytes[0] & 0xF0 == 0x50 && firstBytes[1] == 0x2A
            && firstBytes[2] == 0x4D && firstBytes[3] == 0x18
        self =
            if begins(0x1F, 0x8B) { .gzip } else if begins(0x28, 0xB5, 0x2F, 0xFD) || isSkippable { .zstd } else {
                .none
            }
    }
}

/// Expands gzip members or zstd frames, however many follow each other.
@safe struct Decompressor: ~Copyable {
    private let gzip: UnsafeMutablePointer<z_stream>?
    private let zstd: OpaquePointer?
    /// Whether a member or frame has begun and not yet ended.
    private var isInside = false
    private var hasMember = false

    /// What is not compressed needs none, and traps.
    init(_ compression: Compression) throws(RowProblem) {
        switch compression {
        case .none: preconditionFailure("what is not compressed needs no decompressor")
        case .gzip:
            // zlib keeps the stream's address, so it must not move.
            let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            unsafe stream.initialize(to: z_stream())
            let gzipOnly = MAX_WBITS + 16
            guard
                unsafe inflateInit2_(stream, gzipOnly, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
            else {
                unsafe stream.deallocate()
                throw RowProblem("zlib could not start")
            }
            unsafe (gzip, zstd) = unsafe (stream, nil)
        case .zstd:
            guard let stream = unsafe ZSTD_createDStream() else { throw RowProblem("zstd could not start") }
            unsafe (gzip, zstd) = unsafe (nil, stream)
        }
    }

    deinit {
        if let gzip = unsafe gzip {
            unsafe inflateEnd(gzip)
            unsafe gzip.deallocate()
        }
        unsafe ZSTD_freeDStream(zstd)
    }

    /// Expands bytes from the start of `input`, which are consumed, to at most `byteCountMax` bytes behind `output`'s.
    ///
    /// Stops when `output` has got that many or `input` is used up and nothing is held back.
    mutating func expand(
        _ input: inout ByteBuffer, to output: inout ByteBuffer, byteCountMax: Int
    ) throws(RowProblem) {
        if unsafe gzip != nil {
            try inflate(&input, &output, byteCountMax)
        } else {
            try expandFrames(&input, &output, byteCountMax)
        }
    }

    /// Whether the input may end here; where not, it was cut off.
    var isAtEnd: Bool { !isInside }

    private mutating func inflate(
        _ input: inout ByteBuffer, _ output: inout ByteBuffer, _ byteCountMax: Int
    ) throws(RowProblem) {
        guard let stream = unsafe gzip else { return }
        if !isInside, hasMember {
            // Tapes and some programs fill up with zeros behind the last member; gzip passes over them, too.
            while !input.isEmpty, input.span[0] == 0 { input.removeFirst(1) }
            guard !input.isEmpty else { return }
            guard input.span[0] == 0x1F else { throw RowProblem("there is something else behind the gzip data") }
            unsafe inflateReset(stream)
        }
        guard !input.isEmpty || isInside else { return }
        isInside = true
        hasMember = true
        var result = Z_OK
        var consumed = 0
        unsafe output.appendUninitialized(byteCountMax) { free in
            unsafe input.withUnsafeBytes { bytes in
                // Safety: zlib reads and writes within the two lengths it is given, during the call; it
                // declares its input mutable and does not change it.
                unsafe stream.pointee.next_in = unsafe UnsafeMutablePointer(
                    mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
                unsafe stream.pointee.avail_in = UInt32(clamping: bytes.count)
                unsafe stream.pointee.next_out = unsafe free.baseAddress?.assumingMemoryBound(to: UInt8.self)
                unsafe stream.pointee.avail_out = UInt32(free.count)
                result = unsafe CZlib.inflate(stream, Z_NO_FLUSH)
                consumed = unsafe bytes.count - Int(stream.pointee.avail_in)
                return unsafe free.count - Int(stream.pointee.avail_out)
            }
        }
        input.removeFirst(consumed)
        switch result {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: isInside = false
        default:
            let message = unsafe stream.pointee.msg.map { unsafe String(cString: $0) } ?? "error \(result)"
            throw RowProblem("damaged gzip data: \(message)")
        }
    }

    private mutating func expandFrames(
        _ input: inout ByteBuffer, _ output: inout ByteBuffer, _ byteCountMax: Int
    ) throws(RowProblem) {
        guard !input.isEmpty || isInside else { return }
        var result = 0
        var consumed = 0
        unsafe output.appendUninitialized(byteCountMax) { free in
            unsafe input.withUnsafeBytes { bytes in
                // Safety: zstd reads and writes within the two lengths it is given, during the call.
                var source = unsafe ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
                var target = unsafe ZSTD_outBuffer(dst: free.baseAddress, size: free.count, pos: 0)
                result = unsafe ZSTD_decompressStream(zstd, &target, &source)
                consumed = unsafe source.pos
                return unsafe target.pos
            }
        }
        input.removeFirst(consumed)
        guard ZSTD_isError(result) == 0 else {
            throw RowProblem("damaged zstd data: \(unsafe String(cString: ZSTD_getErrorName(result)))")
        }
        isInside = result != 0
    }
}
