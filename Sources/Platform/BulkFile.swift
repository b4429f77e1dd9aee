public import Bytes
import CLinux
import Glibc

/// A file through which much data passes once, without pushing other data out of the page cache.
///
/// All calls name their offsets, so threads may share one.
public final class BulkFile: Sendable {
    private let descriptor: FileDescriptor

    /// Opens the file at `path` for reading and writing, and makes it where it is missing.
    public init(writing path: String) throws(SystemError) {
        descriptor = try Self.open(path, O_RDWR | O_CREAT | O_NOFOLLOW)
    }

    /// Makes a file at `path`, where nothing may be yet (`EEXIST`).
    public init(creating path: String) throws(SystemError) {
        descriptor = try Self.open(path, O_RDWR | O_CREAT | O_EXCL)
    }

    public init(reading path: String) throws(SystemError) {
        // A pipe in the file's place would else wait here for its writer.
        descriptor = try Self.open(path, O_RDONLY | O_NONBLOCK)
    }

    private static func open(_ path: String, _ flags: Int32) throws(SystemError) -> FileDescriptor {
        FileDescriptor(owning: try check("open") { unsafe Glibc.open(path, flags | O_CLOEXEC, 0o644) })
    }

    private func status() throws(SystemError) -> stat {
        var status = stat()
        try check("fstat") { unsafe fstat(descriptor.rawValue, &status) }
        return status
    }

    public var byteCount: Int { get throws(SystemError) { Int(try status().st_size) } }

    /// What tells this state of this file from others: its number, size and times.
    public var identity: String {
        get throws(SystemError) {
            let status = try status()
            let (changed, modified) = (status.st_ctim, status.st_mtim)
            return "\(status.st_dev).\(status.st_ino).\(status.st_size).\(modified.tv_sec).\(modified.tv_nsec)"
                + ".\(changed.tv_sec).\(changed.tv_nsec)"
        }
    }

    /// Whether `other` is a descriptor of this very file, in its present length.
    public func isSame(as other: borrowing FileDescriptor) throws(SystemError) -> Bool {
        let number = other.rawValue
        let own = try status()
        var its = stat()
        try check("fstat") { unsafe fstat(number, &its) }
        return its.st_dev == own.st_dev && its.st_ino == own.st_ino && its.st_size == own.st_size
    }

    public var isRegular: Bool { get throws(SystemError) { try status().st_mode & S_IFMT == S_IFREG } }

    /// Reserves blocks for `bytes` bytes, while the size stays as it is.
    ///
    /// Throws `ENOSPC` where the disk has not that many left. On a file system that cannot reserve, this does nothing.
    public func preallocate(_ bytes: Int) throws(SystemError) {
        guard bytes > 0 else { return }
        do {
            try check("fallocate") { clinux_preallocate(descriptor.rawValue, bytes) }
        } catch {
            guard error.code == EOPNOTSUPP || error.code == ENOSYS || error.code == EINVAL else { throw error }
        }
    }

    public func truncate(to bytes: Int) throws(SystemError) {
        try check("ftruncate") { ftruncate(descriptor.rawValue, bytes) }
    }

    /// Writes all of `bytes` at `offset`.
    public func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemError) {
        try unsafe bytes.withUnsafeBytes { (bytes) throws(SystemError) in
            var written = 0
            while written < bytes.count, let base = bytes.baseAddress {
                // Safety: what is left of the span, and no more, is read.
                written += try check("pwrite") {
                    unsafe pwrite(descriptor.rawValue, base + written, bytes.count - written, offset + written)
                }
            }
        }
    }

    /// Appends up to `count` bytes from `offset` to `buffer`; 0 at the file's end.
    public func read(_ count: Int, at offset: Int, to buffer: inout ByteBuffer) throws(SystemError) -> Int {
        let before = buffer.count
        try unsafe buffer.appendUninitialized(count) { (free) throws(SystemError) -> Int in
            // Safety: `free` has room for `count` bytes, and the kernel writes no more.
            try check("pread") { unsafe pread(descriptor.rawValue, free.baseAddress, count, offset) }
        }
        return buffer.count - before
    }

    /// Copies up to `count` bytes at `offset` of `source` to the same place here, within the kernel.
    ///
    /// - Returns: How many were copied, 0 at the end of `source`; `nil` where these two files cannot be
    ///   copied between like this.
    public func copy(_ count: Int, at offset: Int, from source: BulkFile) throws(SystemError) -> Int? {
        do {
            return try check("copy_file_range") {
                clinux_copy_range(source.descriptor.rawValue, offset, descriptor.rawValue, offset, count)
            }
        } catch {
            guard [EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EPERM].contains(error.code) else { throw error }
            return nil
        }
    }

    /// Begins to write a range to the disk, and does not wait for it.
    public func startWriteback(_ range: Range<Int>) throws(SystemError) {
        try check("sync_file_range") {
            clinux_start_writeback(descriptor.rawValue, range.lowerBound, range.count)
        }
    }

    /// Waits until a range is on the disk, and drops its pages from the cache.
    public func finishWriteback(_ range: Range<Int>) throws(SystemError) {
        try check("sync_file_range") {
            clinux_finish_writeback(descriptor.rawValue, range.lowerBound, range.count)
        }
        dropPages(range)
    }

    /// Drops the clean pages of a range from the cache; only advice.
    public func dropPages(_ range: Range<Int>) {
        _ = posix_fadvise(descriptor.rawValue, range.lowerBound, range.count, POSIX_FADV_DONTNEED)
    }

    /// Remembers which pages are in memory now, for a walk through the file that is to leave no others there.
    public func pagesBeforeWalk() throws(SystemError) -> PassingPages {
        PassingPages(
            PageResidency(
                descriptor: descriptor.rawValue, byteCount: try byteCount, pieceBytes: PassingPages.pieceBytes))
    }

    /// Waits until contents and size are on the disk.
    public func sync() throws(SystemError) {
        try check("fsync") { fsync(descriptor.rawValue) }
    }
}
