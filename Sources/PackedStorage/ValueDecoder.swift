internal import Bytes
internal import CZstd
internal import Storage

/// Makes values of stored values, for walks.
///
/// Belongs to one thread.
@safe struct ValueDecoder: ~Copyable {
    private let context: OpaquePointer?
    /// By the hash in the trailer: segments have their own, unless they are the same to the byte.
    private var dictionaries: [UInt64: ValueDictionary] = [:]
    /// The value decoded last.
    private(set) var value = ByteBuffer()

    init() { unsafe context = ZSTD_createDCtx() }

    deinit { unsafe ZSTD_freeDCtx(context) }

    /// Reads the dictionary of `segment`, if it has one and needs one.
    mutating func prepare(for segment: PackedSegment) throws(EngineError) {
        let hash = segment.layout.dictionaryHash
        guard dictionaries[hash] == nil else { return }
        dictionaries[hash] = try segment.readDictionary()
    }

    /// Puts the value that `stored` stands for, in a segment whose values are compressed, into ``value``.
    ///
    /// `place` is that of its record, in bytes from the first, for the error.
    mutating func decode(_ stored: Span<UInt8>, of segment: PackedSegment, at place: Int) throws(EngineError) {
        value.removeAll()
        guard !stored.isEmpty else { return }
        var prefixEnd = 0
        guard let byteCount = stored.leb128(at: &prefixEnd), byteCount <= SegmentLayout.valueByteCountMax else {
            throw segment.damage(at: place, "the length of its value cannot be")
        }
        let body = stored.extracting(prefixEnd...)
        guard byteCount > 0 else {
            value.append(body)
            return
        }
        let dictionary = dictionaries[segment.layout.dictionaryHash]
        var result = 0
        unsafe value.appendUninitialized(byteCount) { free in
            unsafe body.withUnsafeBytes { body in
                // Safety: Zstandard reads and writes within the two lengths it is given, during the call.
                result = unsafe ZSTD_decompress_usingDDict(
                    context, free.baseAddress, free.count, body.baseAddress, body.count, dictionary?.handle)
                return ZSTD_isError(result) == 0 ? result : 0
            }
        }
        guard ZSTD_isError(result) == 0, result == byteCount else {
            throw segment.damage(at: place, "its value cannot be decompressed")
        }
    }
}
