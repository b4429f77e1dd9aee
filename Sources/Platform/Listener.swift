import CLinux
import Glibc

/// A socket that accepts connections.
public struct Listener: ~Copyable, Sendable {
    private let descriptor: FileDescriptor
    /// Where it listens, with the port that the kernel chose if it was asked to.
    public let address: String
    public let port: UInt16
    /// Its file, removed when the listener goes.
    private let unixPath: String?

    /// Listens on a numeric IPv4 or IPv6 address, or on a host name.
    ///
    /// With `sharesPort`, every loop can have a listener of its own on one port, among which the kernel
    /// spreads new connections. The caller makes sure first, by a listener without it, that the port is
    /// not another server's: the kernel would let two servers of one user share it in silence.
    ///
    /// - Parameters:
    ///   - host: Where to listen.
    ///   - port: 0 lets the kernel choose.
    ///   - backlog: Connections that may wait to be accepted; `nil` only reserves the address, and whoever
    ///     connects meanwhile is refused rather than dropped when the reservation ends.
    ///   - sharesPort: Whether others of this user may listen there too.
    /// - Throws: `EADDRINUSE` where the port is taken.
    public init(host: String, port: UInt16, backlog: Int?, sharesPort: Bool) throws(SystemError) {
        let descriptor = try Self.bound(host: host, port: port, sharesPort: sharesPort)
        if let backlog { try check("listen") { listen(descriptor.rawValue, Int32(clamping: backlog)) } }
        let name = SocketAddress(try Self.localAddress(of: descriptor))
        self.address = name.description
        self.port = name.port
        self.descriptor = descriptor
        unixPath = nil
    }

    /// A socket of this address that listens once a ``Listener`` takes it over: for a port that only root may have.
    ///
    /// - Parameters:
    ///   - host: As above.
    ///   - port: As above.
    ///   - name: What it is for, as a service manager would call it.
    /// - Returns: The socket, open until it is taken over.
    /// - Throws: As above.
    public static func reserve(host: String, port: UInt16, name: String) throws(SystemError) -> InheritedSocket {
        InheritedSocket(name: name, number: try bound(host: host, port: port, sharesPort: false).relinquish())
    }

    /// Listens on a TCP or Unix socket that is there already; the file of a Unix socket is left to whoever made it.
    ///
    /// - Throws: `ENOTSOCK`, `EINVAL` or `EPROTOTYPE` where it is nothing to listen on.
    public init(inheriting socket: InheritedSocket, backlog: Int) throws(SystemError) {
        let descriptor = FileDescriptor(owning: socket.number)
        let number = descriptor.rawValue
        let storage = try Self.localAddress(of: descriptor)
        var kind: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        try check("getsockopt") { unsafe getsockopt(number, SOL_SOCKET, SO_TYPE, &kind, &length) }
        let family = Int32(storage.ss_family)
        guard kind == Int32(SOCK_STREAM.rawValue), [AF_INET, AF_INET6, AF_UNIX].contains(family) else {
            throw SystemError.wrongSocketType("listen")
        }
        try check("listen") { listen(number, Int32(clamping: backlog)) }
        let name = SocketAddress(storage)
        // What SocketAddress has for a port there is how Redis shows clients.
        address = family == AF_UNIX ? String(name.description.dropLast(2)) : name.description
        port = name.port
        self.descriptor = descriptor
        unixPath = nil
    }

    /// Listens on a Unix socket at `path`, with the permissions `mode`.
    ///
    /// A socket file that nobody listens on, left over by a killed server, is replaced.
    ///
    /// - Throws: `EADDRINUSE` where somebody does, or where another kind of file lies there.
    public init(unixPath path: String, mode: UInt32, backlog: Int) throws(SystemError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw SystemError(call: "bind", code: ENAMETOOLONG)
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        func call(_ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ number: Int32) -> Int32 {
            unsafe withUnsafePointer(to: &address) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe function(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        var status = stat()
        if unsafe lstat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFSOCK else { throw SystemError(call: "bind", code: EADDRINUSE) }
            let probe = FileDescriptor(owning: try check("socket") { socket(AF_UNIX, kind, 0) })
            guard unsafe call({ unsafe connect($0, $1, $2) }, probe.rawValue) != 0, errno == ECONNREFUSED else {
                throw SystemError(call: "bind", code: EADDRINUSE)
            }
            unsafe unlink(path)
        }
        let descriptor = FileDescriptor(owning: try check("socket") { socket(AF_UNIX, kind, 0) })
        try check("bind") { unsafe call({ unsafe bind($0, $1, $2) }, descriptor.rawValue) }
        try check("chmod") { unsafe chmod(path, mode_t(mode)) }
        try check("listen") { listen(descriptor.rawValue, Int32(clamping: backlog)) }
        self.descriptor = descriptor
        self.address = path
        port = 0
        unixPath = path
    }

    deinit {
        if let unixPath { unsafe unlink(unixPath) }
    }

    public func register(with epoll: borrowing Epoll, token: Epoll.Token) throws(SystemError) {
        try epoll.add(descriptor.rawValue, token: token)
    }

    public func unregister(from epoll: borrowing Epoll) {
        // Fails only for a descriptor that was never registered, which is as good.
        try? epoll.remove(descriptor.rawValue)
    }

    /// The next waiting connection; `nil` when there is none.
    ///
    /// - Throws: `EMFILE` and its like, when the process can take no more: try again later.
    public func accept() throws(SystemError) -> FileDescriptor? {
        while true {
            do throws(SystemError) {
                return FileDescriptor(owning: try check("accept4") { clinux_accept(descriptor.rawValue) })
            } catch {
                switch error.code {
                case EAGAIN: return nil
                // The peer went before it was accepted: not our failure, and others may wait behind it.
                case ECONNABORTED, EPROTO, EPERM: continue
                default: throw error
                }
            }
        }
    }

    private static func bound(host: String, port: UInt16, sharesPort: Bool) throws(SystemError) -> FileDescriptor {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        let failure = unsafe getaddrinfo(host, String(port), &hints, &found)
        guard failure == 0, let address = unsafe found else {
            throw SystemError(call: "getaddrinfo", code: EADDRNOTAVAIL)
        }
        defer { unsafe freeaddrinfo(address) }
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let family = unsafe address.pointee.ai_family
        let descriptor = FileDescriptor(owning: try check("socket") { socket(family, kind, 0) })
        try Self.set(descriptor, SOL_SOCKET, SO_REUSEADDR)
        if sharesPort { try Self.set(descriptor, SOL_SOCKET, SO_REUSEPORT) }
        // Else `::` would take IPv4 as well, and `*` could not listen on both.
        if family == AF_INET6 { try Self.set(descriptor, Int32(IPPROTO_IPV6), Int32(IPV6_V6ONLY)) }
        try check("bind") {
            unsafe bind(descriptor.rawValue, address.pointee.ai_addr, address.pointee.ai_addrlen)
        }
        return descriptor
    }

    private static func localAddress(of descriptor: borrowing FileDescriptor) throws(SystemError) -> sockaddr_storage {
        var bound = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let number = descriptor.rawValue
        try check("getsockname") {
            unsafe withUnsafeMutablePointer(to: &bound) {
                unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(number, $0, &length) }
            }
        }
        return bound
    }

    private static func set(
        _ descriptor: borrowing FileDescriptor, _ level: Int32, _ option: Int32
    ) throws(SystemError) {
        var value: Int32 = 1
        try check("setsockopt") {
            unsafe setsockopt(descriptor.rawValue, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
    }
}
