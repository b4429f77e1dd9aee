private import Glibc
internal import Platform

/// Where the log goes.
public enum LogDestination: Sendable, Equatable {
    case standardError
    /// Appended to, created where it is missing, and opened anew by ``LogWriter/reopen()``.
    case file(path: String)
    /// A descriptor that stays the caller's and open for as long as the writer lives.
    case descriptor(Int32)
}

/// The descriptor that lines are written to; belongs to the writer's thread.
struct LogOutput: ~Copyable {
    private let destination: LogDestination
    /// What to close when it is replaced; `nil` for a descriptor that is not ours.
    private var owned: FileDescriptor?
    private var descriptor: Int32
    /// Whether the last thing that reached the output was the start of a line.
    private var isMidLine = false

    init(_ destination: LogDestination) throws(SystemError) {
        self.destination = destination
        switch destination {
        case .standardError: descriptor = STDERR_FILENO
        case .descriptor(let number): descriptor = number
        case .file(let path):
            descriptor = try Self.open(path)
            owned = FileDescriptor(owning: descriptor)
        }
    }

    /// Opens a file's path again, after it was renamed; keeps the old file where that fails.
    mutating func reopen() throws(SystemError) {
        guard case .file(let path) = destination else { return }
        descriptor = try Self.open(path)
        owned = FileDescriptor(owning: descriptor)
        isMidLine = false
    }

    private static func open(_ path: String) throws(SystemError) -> Int32 {
        while true {
            // Without O_NONBLOCK, a named pipe that nobody reads would hold up the start for ever.
            let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
            let descriptor = unsafe Glibc.open(path, flags, 0o640)
            let code = errno
            if descriptor >= 0 { return descriptor }
            guard code == EINTR else { throw SystemError(call: "open", code: code) }
        }
    }

    /// Writes all of `lines`, waiting for as long as the other end takes.
    ///
    /// - Throws: What the system says where it can take no more; then some of `lines` may be out.
    mutating func write(_ lines: [UInt8]) throws(SystemError) {
        guard !lines.isEmpty else { return }
        // What follows a line that was cut short must not look like its rest.
        if isMidLine { try writeAll([UInt8(ascii: "\n")]) }
        try writeAll(lines)
    }

    private mutating func writeAll(_ bytes: [UInt8]) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                // Safety: `written` is less than the buffer's count, so the address is in it.
                unsafe Glibc.write(descriptor, buffer.baseAddress.unsafelyUnwrapped + written, buffer.count - written)
            }
            let code = errno
            if count > 0 {
                written += count
                isMidLine = bytes[written - 1] != UInt8(ascii: "\n")
            } else if count < 0, code == EAGAIN {
                var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                // Interrupted or not, the next write tells how it stands.
                _ = unsafe poll(&request, 1, 1_000)
            } else if count == 0 || code != EINTR {
                throw SystemError(call: "write", code: count == 0 ? EIO : code)
            }
        }
    }
}
