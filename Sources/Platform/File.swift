public import Bytes
import Glibc

/// One open file.
public struct File: ~Copyable, Sendable {
    public let descriptor: FileDescriptor

    /// Opens a file that must be there, for reading.
    ///
    /// A pipe in the file's place would else wait here for its writer.
    public init(reading path: String) throws(SystemError) { try self.init(path: path, O_RDONLY | O_NONBLOCK) }

    /// Opens a file for writing and reading, made where it is missing; a link in its place is not followed (`ELOOP`).
    public init(writing path: String, mode: UInt32 = 0o644) throws(SystemError) {
        try self.init(path: path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: mode)
    }

    /// Makes a file that must not be there yet, for writing and reading.
    ///
    /// A link in the file's place counts as one that is there.
    public init(creating path: String, mode: UInt32 = 0o644) throws(SystemError) {
        try self.init(path: path, O_RDWR | O_CREAT | O_EXCL, mode: mode)
    }

    init(path: String, _ flags: Int32, mode: UInt32 = 0) throws(SystemError) {
        descriptor = FileDescriptor(
            owning: try check("open") { unsafe open(path, flags | O_CLOEXEC | O_NOCTTY, mode) })
    }

    public var status: FileSystem.Status {
        get throws(SystemError) {
            var status = stat()
            try check("fstat") { unsafe fstat(descriptor.rawValue, &status) }
            return FileSystem.Status(status)
        }
    }

    /// Appends up to `count` bytes from `offset` to `buffer`.
    ///
    /// - Returns: How many; 0 at the file's end.
    public func read(_ count: Int, at offset: Int, into buffer: inout ByteBuffer) throws(SystemError) -> Int {
        let before = buffer.count
        try unsafe buffer.appendUninitialized(count) { (free) throws(SystemError) -> Int in
            try check("pread") {
                // Safety: `free` has room for `count` bytes, and the kernel writes no more.
                unsafe pread(descriptor.rawValue, free.baseAddress, count, offset)
            }
        }
        return buffer.count - before
    }

    /// Everything from the start to the end of a plain file.
    func readAll(byteCountMax: Int) throws(SystemError) -> [UInt8] {
        let status = try status
        // A device may have no end, and a pipe no bytes yet.
        guard status.kind == .file else {
            throw SystemError(call: "read", code: status.kind == .directory ? EISDIR : EINVAL)
        }
        guard status.byteCount <= byteCountMax else { throw SystemError(call: "read", code: EFBIG) }
        var buffer = ByteBuffer()
        while try read(1 << 16, at: buffer.count, into: &buffer) > 0 {
            // A file may grow while it is read.
            guard buffer.count <= byteCountMax else { throw SystemError(call: "read", code: EFBIG) }
        }
        return unsafe buffer.span.withUnsafeBytes { unsafe Array($0) }
    }

    /// Writes everything, where the last write ended.
    public func write(_ bytes: Span<UInt8>) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let rest = bytes.extracting(written...)
            written += try unsafe rest.withUnsafeBytes { (rest) throws(SystemError) in
                // Safety: what is left of the span, and no more, is read.
                try check("write") { unsafe Glibc.write(descriptor.rawValue, rest.baseAddress, rest.count) }
            }
        }
    }

    /// Makes a few bytes all that the file holds.
    public func replaceContents(_ text: String) throws(SystemError) {
        try check("ftruncate") { ftruncate(descriptor.rawValue, 0) }
        try check("lseek") { lseek(descriptor.rawValue, 0, SEEK_SET) }
        try write(Array(text.utf8).span)
    }

    /// Waits until the file's bytes are on the disk.
    public func sync() throws(SystemError) { try check("fsync") { fsync(descriptor.rawValue) } }

    /// How many may hold a lock at once.
    public enum LockKind: Sendable { case shared, exclusive }

    /// Locks the file against other open files of it, in this process or another, until this one is closed.
    ///
    /// - Returns: False where somebody else holds a lock in the way; never waits.
    public func lock(_ kind: LockKind) throws(SystemError) -> Bool {
        do throws(SystemError) {
            try check("flock") { flock(descriptor.rawValue, (kind == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) }
            return true
        } catch let error where error.code == EWOULDBLOCK {
            return false
        }
    }
}
