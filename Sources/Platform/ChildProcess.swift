public import Bytes
import CLinux
import Glibc

/// A program that runs beside this one and is read from: no input, output and errors through pipes.
///
/// It has a process group of its own and no signal held back. It does not outlive its owner.
@safe public final class ChildProcess {
    /// Of what the program writes to its standard error, the last this many bytes are kept.
    public static let errorBytesMax = 16 << 10
    private static let readBytes = 256 << 10

    /// What ``next(to:milliseconds:)`` saw.
    public enum Event: Sendable, Equatable {
        /// This many bytes of its output were appended.
        case output(Int)
        case nothing
        /// It has closed its output and its errors.
        case end
    }

    private let processID: pid_t
    private let output: FileDescriptor
    private let errors: FileDescriptor
    private var isOutputOpen = true
    private var areErrorsOpen = true
    /// The exit status once the program has been waited for.
    private var status: Int32?
    /// What it has written to its standard error, so far and at the end.
    public private(set) var errorBytes = ByteBuffer()

    /// Starts the program at `path`.
    ///
    /// - Parameters:
    ///   - path: A file, not a name to look up.
    ///   - arguments: Those behind the program's name.
    ///   - environment: All of its environment.
    /// - Throws: What `posix_spawn` or `pipe` says.
    public init(_ path: String, arguments: [String], environment: [String: String]) throws(SystemError) {
        let output = try Pipe()
        let errors = try Pipe()
        processID = try Self.spawn(
            path, arguments, environment.map { "\($0.key)=\($0.value)" }, output.end.rawValue, errors.end.rawValue)
        self.output = output.takeStart()
        self.errors = errors.takeStart()
    }

    deinit { stop() }

    private struct Pipe: ~Copyable {
        let start: FileDescriptor
        let end: FileDescriptor

        init() throws(SystemError) {
            var ends: [Int32] = [-1, -1]
            try check("pipe") { unsafe clinux_pipe(&ends) }
            start = FileDescriptor(owning: ends[0])
            end = FileDescriptor(owning: ends[1])
        }

        consuming func takeStart() -> FileDescriptor { start }
    }

    private static func spawn(
        _ path: String, _ words: [String], _ variables: [String], _ output: Int32, _ errors: Int32
    ) throws(SystemError) -> pid_t {
        // Safety: the copies live until posix_spawn has returned, which is done with them by then.
        var arguments = unsafe ([path] + words).map { unsafe strdup($0) } + [nil]
        var environment = unsafe variables.map { unsafe strdup($0) } + [nil]
        defer {
            while let text = unsafe arguments.popLast() { unsafe free(text) }
            while let text = unsafe environment.popLast() { unsafe free(text) }
        }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        var ignored = sigset_t()
        unsafe sigemptyset(&ignored)
        unsafe sigaddset(&ignored, SIGPIPE)
        unsafe posix_spawnattr_setsigdefault(&attributes, &ignored)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
        var processID = pid_t()
        let code = unsafe posix_spawn(&processID, path, &actions, &attributes, &arguments, &environment)
        guard code == 0 else { throw SystemError(call: "posix_spawn", code: code) }
        return processID
    }

    /// Waits up to `milliseconds` for output, and appends up to 256 KiB of it to `buffer`.
    public func next(to buffer: inout ByteBuffer, milliseconds: Int32) throws(SystemError) -> Event {
        guard isOutputOpen || areErrorsOpen else { return .end }
        // A negative descriptor is passed over.
        var wanted = [
            pollfd(fd: isOutputOpen ? output.rawValue : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: areErrorsOpen ? errors.rawValue : -1, events: Int16(POLLIN), revents: 0),
        ]
        guard try check("poll", { unsafe poll(&wanted, 2, milliseconds) }) > 0 else { return .nothing }
        if wanted[1].revents != 0 {
            areErrorsOpen = try Self.read(errors.rawValue, 4096, to: &errorBytes) > 0
            if errorBytes.count > Self.errorBytesMax { errorBytes.removeFirst(errorBytes.count - Self.errorBytesMax) }
        }
        guard wanted[0].revents != 0 else { return isOutputOpen || areErrorsOpen ? .nothing : .end }
        let count = try Self.read(output.rawValue, Self.readBytes, to: &buffer)
        isOutputOpen = count > 0
        return count > 0 ? .output(count) : .nothing
    }

    private static func read(_ descriptor: Int32, _ count: Int, to buffer: inout ByteBuffer) throws(SystemError) -> Int
    {
        let before = buffer.count
        try unsafe buffer.appendUninitialized(count) { (free) throws(SystemError) -> Int in
            // Safety: `free` has room for `count` bytes, and the kernel writes no more.
            try check("read") { unsafe Glibc.read(descriptor, free.baseAddress, count) }
        }
        return buffer.count - before
    }

    /// Waits for a program that has closed its output.
    ///
    /// - Returns: Its exit code, or 128 and the signal that ended it.
    public func wait() -> Int32 {
        if let status { return status }
        var word: Int32 = 0
        while unsafe waitpid(processID, &word, 0) == -1, errno == EINTR {}
        let code = word & 0x7F == 0 ? word >> 8 & 0xFF : 128 + word & 0x7F
        status = code
        return code
    }

    /// Ends a program that may still run: by SIGTERM, and by SIGKILL where that has no effect for two seconds.
    public func stop() {
        guard status == nil else { return }
        kill(-processID, SIGTERM)
        for _ in 0..<200 {
            var word: Int32 = 0
            if unsafe waitpid(processID, &word, WNOHANG) != 0 {
                status = 128 + SIGTERM
                return
            }
            _ = poll(nil, 0, 10)
        }
        kill(-processID, SIGKILL)
        _ = wait()
    }
}
