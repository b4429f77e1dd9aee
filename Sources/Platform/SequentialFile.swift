public import Bytes
import Glibc

/// A plain file that is read once, from its start to its end, and leaves the page cache as it was.
///
/// Pages that were not in memory before are dropped once they are read; those that were, which a server on this
/// machine may be using, stay. Where the kernel does not tell (to a user who neither owns the file nor may write
/// it), all stay. Belongs to one thread, and waits for the disk.
public struct SequentialFile: ~Copyable {
    /// The file's size when it was opened.
    public let byteCount: Int
    private let descriptor: FileDescriptor
    private let residency: PageResidency
    private var offset = 0

    /// How many bytes one call of ``readPiece(into:)`` gives at most.
    public static let pieceBytes = 1 << 20

    /// Opens the file at `path`, links followed.
    ///
    /// - Throws: ``SystemError``; for a directory `EISDIR`, for what is no plain file otherwise `EINVAL`.
    public init(path: String) throws(SystemError) {
        // A named pipe would else wait here for its writer.
        let opened = try check("open") { unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        let descriptor = FileDescriptor(owning: opened)
        var status = stat()
        try check("fstat") { unsafe fstat(opened, &status) }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFREG else { throw SystemError(call: "open", code: kind == S_IFDIR ? EISDIR : EINVAL) }
        byteCount = Int(status.st_size)
        // Asked before the first read, as reading ahead would make its own pages look like another's.
        residency = PageResidency(descriptor: opened, byteCount: byteCount, pieceBytes: Self.pieceBytes)
        // Advice only: where a file system does not take it, reading is merely slower.
        _ = posix_fadvise(opened, 0, 0, POSIX_FADV_SEQUENTIAL)
        self.descriptor = descriptor
    }

    /// Puts the next bytes of the file, at most ``pieceBytes``, in the place of what `buffer` holds.
    ///
    /// - Returns: False at the end of the file.
    public mutating func readPiece(into buffer: inout ByteBuffer) throws(SystemError) -> Bool {
        buffer.removeAll()
        let start = offset
        while buffer.count < Self.pieceBytes {
            let wanted = Self.pieceBytes - buffer.count
            let before = buffer.count
            try unsafe buffer.appendUninitialized(wanted) { (free) throws(SystemError) -> Int in
                // Safety: `free` has room for `wanted` bytes, and the kernel writes no more.
                try check("read") { unsafe pread(descriptor.rawValue, free.baseAddress, wanted, offset) }
            }
            if buffer.count == before { break }
            offset += buffer.count - before
        }
        if !residency.wasResident(piece: start / Self.pieceBytes), buffer.count > 0 {
            _ = posix_fadvise(descriptor.rawValue, start, buffer.count, POSIX_FADV_DONTNEED)
        }
        return !buffer.isEmpty
    }
}
