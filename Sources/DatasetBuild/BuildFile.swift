internal import Bytes
internal import Glibc
internal import Platform

/// An open file whose failures are told with its path.
struct BuildFile: ~Copyable {
    let path: String
    private let descriptor: FileDescriptor

    /// Opens a file that must be there for reading.
    init(reading path: String) throws(BuildError) {
        // A named pipe would else wait here for its writer, deaf to signals; plain files never say "again".
        try self.init(path, O_RDONLY | O_NONBLOCK, "read")
    }

    /// Makes a file that must not be there yet, for writing and reading.
    init(creating path: String) throws(BuildError) {
        try self.init(path, O_RDWR | O_CREAT | O_EXCL, "create")
    }

    /// Takes standard input, which stays open in its own right.
    static func standardInput() throws(BuildError) -> BuildFile {
        let copy = fcntl(0, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw BuildError.system("read", "standard input", errno) }
        return BuildFile(path: "standard input", descriptor: FileDescriptor(owning: copy))
    }

    private init(path: String, descriptor: consuming FileDescriptor) {
        self.path = path
        self.descriptor = descriptor
    }

    private init(_ path: String, _ flags: Int32, _ action: String) throws(BuildError) {
        let opened = unsafe open(path, flags | O_CLOEXEC, 0o644)
        guard opened >= 0 else { throw BuildError.system(action, path, errno) }
        self.init(path: path, descriptor: FileDescriptor(owning: opened))
    }

    /// Whether reading may have to wait for another process or a person.
    var mayWait: Bool { get throws(BuildError) { try status().st_mode & S_IFMT != S_IFREG } }

    var byteCount: Int { get throws(BuildError) { Int(try status().st_size) } }

    var isDirectory: Bool { get throws(BuildError) { try status().st_mode & S_IFMT == S_IFDIR } }

    private func status() throws(BuildError) -> stat {
        var status = stat()
        guard unsafe fstat(descriptor.rawValue, &status) == 0 else {
            throw BuildError.system("read", path, errno)
        }
        return status
    }

    /// Waits until a read returns at once, at most for `milliseconds`.
    func waitReadable(milliseconds: Int32) -> Bool {
        var wanted = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        // An interrupted or failed wait is found out by whoever tries again.
        return unsafe poll(&wanted, 1, milliseconds) > 0
    }

    /// Appends up to `count` bytes from where the last read ended to `buffer`; 0 at the file's end.
    func read(_ count: Int, to buffer: inout ByteBuffer) throws(BuildError) -> Int {
        try read(count, at: nil, to: &buffer)
    }

    /// Appends up to `count` bytes, from `offset` where one is given, to `buffer`; 0 at the file's end.
    func read(_ count: Int, at offset: Int?, to buffer: inout ByteBuffer) throws(BuildError) -> Int {
        let before = buffer.count
        try unsafe buffer.appendUninitialized(count) { (free) throws(BuildError) -> Int in
            while true {
                // Safety: `free` has room for `count` bytes, and the kernel writes no more.
                let filled =
                    if let offset {
                        unsafe pread(descriptor.rawValue, free.baseAddress, count, offset)
                    } else {
                        unsafe Glibc.read(descriptor.rawValue, free.baseAddress, count)
                    }
                let code = errno
                if filled >= 0 { return filled }
                if code == EAGAIN { _ = waitReadable(milliseconds: -1) }
                guard code == EINTR || code == EAGAIN else { throw BuildError.system("read", path, code) }
            }
        }
        return buffer.count - before
    }

    func write(_ bytes: Span<UInt8>) throws(BuildError) {
        try unsafe bytes.withUnsafeBytes { (bytes) throws(BuildError) in
            var written = 0
            while written < bytes.count, let base = bytes.baseAddress {
                // Safety: what is left of the span, and no more, is read.
                let count = unsafe Glibc.write(descriptor.rawValue, base + written, bytes.count - written)
                let code = errno
                if count >= 0 {
                    written += count
                } else if code != EINTR {
                    throw BuildError.system("write", path, code)
                }
            }
        }
    }

    /// Takes every write permission away, and waits until the file is on the disk.
    func seal() throws(BuildError) {
        guard fchmod(descriptor.rawValue, 0o444) == 0 else { throw BuildError.system("seal", path, errno) }
        try sync()
    }

    func sync() throws(BuildError) {
        guard fsync(descriptor.rawValue) == 0 else { throw BuildError.system("write", path, errno) }
    }
}

extension BuildError {
    static func system(_ action: String, _ path: String, _ code: Int32) -> BuildError {
        let reason = SystemError(call: "", code: code).reason
        let advice =
            code == ENOSPC || code == EDQUOT ? "; the sorted runs and the dataset need about twice the rows' size" : ""
        return BuildError(.inputOutput, "cannot \(action) \(path): \(reason)\(advice)")
    }
}
