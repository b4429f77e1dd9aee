internal import Bytes
internal import CZstd
internal import Storage

/// A dictionary that values were compressed with, made ready for decompression.
///
/// Any thread.
@safe final class ValueDictionary: Sendable {
    // Safety: set once in init and freed in deinit; Zstandard only reads it in between.
    nonisolated(unsafe) let handle: OpaquePointer

    init?(_ bytes: Span<UInt8>) {
        // Safety: Zstandard copies the bytes.
        let made = unsafe bytes.withUnsafeBytes { unsafe ZSTD_createDDict($0.baseAddress, $0.count) }
        guard let made = unsafe made else { return nil }
        unsafe handle = made
    }

    deinit { unsafe ZSTD_freeDDict(handle) }
}

extension PackedSegment {
    /// Reads the segment's dictionary and verifies it; `nil` where there is none.
    func readDictionary() throws(EngineError) -> ValueDictionary? {
        guard layout.compression == .zstd, layout.dictionary.count > 0 else { return nil }
        var bytes = ByteBuffer()
        try read(layout.dictionary.count, at: layout.dictionary.offset, to: &bytes)
        guard PackedKey.hash(bytes.span) == layout.dictionaryHash else {
            throw damage("the dictionary: its checksum is wrong")
        }
        guard let dictionary = ValueDictionary(bytes.span) else { throw damage("the dictionary: it is none") }
        return dictionary
    }
}
