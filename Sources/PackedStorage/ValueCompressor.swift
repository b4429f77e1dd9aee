internal import Bytes
private import CZstd

/// Makes stored values out of values, with Zstandard; belongs to one thread.
@safe struct ValueCompressor: ~Copyable {
    private let context: OpaquePointer
    private let dictionary: OpaquePointer?
    private var frame = ByteBuffer()

    /// Zstandard's own default, which gives most of what higher ones do at a fraction of their time.
    private static let level: Int32 = 3

    /// `dictionary` is what ``CompressionSample/dictionary()`` has made, and may be empty.
    init(dictionary bytes: borrowing ByteBuffer) {
        guard let context = unsafe ZSTD_createCCtx() else { preconditionFailure("no memory to compress") }
        unsafe self.context = context
        unsafe dictionary =
            unsafe bytes.isEmpty
            ? nil : bytes.withUnsafeBytes { unsafe ZSTD_createCDict($0.baseAddress, $0.count, Self.level) }
        unsafe precondition(bytes.isEmpty || dictionary != nil, "no memory to compress")
        // A reader takes the dictionary from the segment and checks the record, so a frame need say nothing of either.
        for (parameter, value) in [
            (ZSTD_c_compressionLevel, Self.level), (ZSTD_c_dictIDFlag, 0), (ZSTD_c_checksumFlag, 0),
        ] {
            let result = unsafe ZSTD_CCtx_setParameter(context, parameter, value)
            precondition(ZSTD_isError(result) == 0)
        }
        if let dictionary = unsafe dictionary {
            let result = unsafe ZSTD_CCtx_refCDict(context, dictionary)
            precondition(ZSTD_isError(result) == 0)
        }
    }

    deinit {
        unsafe ZSTD_freeCCtx(context)
        unsafe ZSTD_freeCDict(dictionary)
    }

    /// Puts what is stored for `value` in the place of the content of `stored`.
    mutating func store(_ value: Span<UInt8>, into stored: inout ByteBuffer) {
        stored.removeAll()
        guard !value.isEmpty else { return }
        frame.removeAll()
        unsafe value.withUnsafeBytes { value in
            unsafe frame.appendUninitialized(ZSTD_compressBound(value.count)) { free in
                // Safety: zstd reads and writes within the two lengths it is given, during the call.
                let count = unsafe ZSTD_compress2(
                    context, free.baseAddress, free.count, value.baseAddress, value.count)
                // What cannot be compressed is stored as it is.
                return ZSTD_isError(count) == 0 ? count : free.count
            }
        }
        stored.append(leb128: value.count)
        if stored.count + frame.count <= value.count {
            stored.append(frame, in: 0..<frame.count)
        } else {
            stored.removeAll()
            stored.append(leb128: 0)
            stored.append(value)
        }
    }
}

/// Values from which a segment's dictionary is trained: those of its first records.
///
/// The order of hashes is as good as chance, and the same for the same rows.
struct CompressionSample: ~Copyable {
    private var bytes = ByteBuffer()
    /// Of each value.
    private var counts: [Int] = []

    /// About a hundred times the dictionary, as Zstandard advises.
    static let byteCountMax = 3 << 20
    private static let dictionaryByteCountMax = 32 << 10
    private static let dictionaryShare = 64
    /// Below this a dictionary would take more than it saves.
    private static let byteCountMin = 16 << 10
    /// What makes one large value like others is found in its beginning.
    private static let valueByteCountMax = 16 << 10

    mutating func append(_ value: Span<UInt8>) {
        guard !value.isEmpty else { return }
        let kept = value.extracting(..<min(value.count, Self.valueByteCountMax))
        bytes.append(kept)
        counts.append(kept.count)
    }

    /// What the values have in common; nothing where that is too little.
    func dictionary() -> ByteBuffer {
        var dictionary = ByteBuffer()
        guard bytes.count >= Self.byteCountMin else { return dictionary }
        let capacity = min(Self.dictionaryByteCountMax, bytes.count / Self.dictionaryShare)
        unsafe dictionary.appendUninitialized(capacity) { free in
            unsafe bytes.withUnsafeBytes { bytes in
                unsafe counts.withUnsafeBufferPointer { counts in
                    // Safety: zstd reads the values whose lengths it is given, and writes within the capacity.
                    let count = unsafe ZDICT_trainFromBuffer(
                        free.baseAddress, free.count, bytes.baseAddress, counts.baseAddress, UInt32(counts.count))
                    // Too few values, or all the same: they are compressed without.
                    return ZDICT_isError(count) == 0 ? count : 0
                }
            }
        }
        return dictionary
    }
}
