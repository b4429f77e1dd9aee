internal import Platform

/// The unit in which files are fetched, and the promise about files that were left half-way.
///
/// A file of at most ``streamBytesMax`` comes as one stream, in order. A longer one comes in chunks, of which
/// ``window`` may be under way at once; the last chunk waits for all others. So whatever the moment at which
/// a process died, the size of a file tells how many of its first bytes are there.
enum ChunkPlan {
    static let streamBytesMax = 64 << 20
    static let chunkBytes = 8 << 20
    static let window = 4

    /// How many first bytes of a file are in place, told by the size it has and the size it is to have.
    static func contiguousBytes(fileSize: Int, bytes: Int) -> Int {
        guard fileSize < bytes else { return fileSize == bytes ? bytes : 0 }
        guard bytes > streamBytesMax, fileSize > 0 else { return fileSize }
        // The chunk that holds the last byte written was begun, so all but the `window - 1` before it were whole.
        return max(0, (fileSize - 1) / chunkBytes - (window - 1)) * chunkBytes
    }
}

extension ObjectDownload {
    /// How many first bytes an interrupted download has left in the file at `path`, which is to have `bytes`.
    ///
    /// Right for files that this library alone wrote. A file that is too long counts for nothing.
    public static func resumableBytes(ofFileAt path: String, bytes: Int) -> Int {
        ChunkPlan.contiguousBytes(fileSize: FileSize.bytes(ofFile: path) ?? 0, bytes: bytes)
    }
}
