internal import Bytes
internal import CZstd
internal import Storage

/// Makes values of stored values, for walks.
///
/// Belongs to one thread.
@safe struct ValueDecoder: ~Copyable {
    private let context: OpaquePointer?
    /// By the hash in the trailer: segments that were written together have the same.
    private var dictionaries: [UInt64: ValueDictionary] = [:]
    /// No value is longer: the limit of Redis for a string.
    private static let byteCountMax: UInt64 = 512 << 20

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
        guard let prefix = stored.leb128, prefix.number <= Self.byteCountMax else {
            throw segment.damage(at: place, "the length of its value cannot be")
        }
        let body = stored.extracting(prefix.byteCount...)
        guard prefix.number > 0 else {
            value.append(body)
            return
        }
        let dictionary = dictionaries[segment.layout.dictionaryHash]
        var result = 0
        unsafe value.appendUninitialized(Int(prefix.number)) { free in
            unsafe body.withUnsafeBytes { body in
                // Safety: Zstandard reads and writes within the two lengths it is given, during the call.
                result = unsafe ZSTD_decompress_usingDDict(
                    context, free.baseAddress, free.count, body.baseAddress, body.count, dictionary?.handle)
                return ZSTD_isError(result) == 0 ? result : 0
            }
        }
        guard ZSTD_isError(result) == 0, result == Int(prefix.number) else {
            throw segment.damage(at: place, "its value cannot be decompressed")
        }
    }
}

extension Span where Element == UInt8 {
    /// The number at the beginning, of at most 5 bytes and in its shortest form, and how many bytes it takes; `nil` where there is none.
    fileprivate var leb128: (number: UInt64, byteCount: Int)? {
        var number: UInt64 = 0
        for index in 0..<Swift.min(count, 5) {
            number |= UInt64(self[index] & 0x7F) << UInt64(7 * index)
            if self[index] < 0x80 { return self[index] == 0 && index > 0 ? nil : (number, index + 1) }
        }
        return nil
    }
}
