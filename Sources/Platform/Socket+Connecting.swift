import CLinux
import Glibc

extension Socket {
    /// Connects to a host by its name or number, trying each of its addresses in turn.
    ///
    /// Waits for at most `timeout` for each address; looking up a name waits as long as the resolver does.
    ///
    /// - Throws: What the last address failed with: `ETIMEDOUT`, `ECONNREFUSED`; the call is `getaddrinfo` where
    ///   the host has no address.
    public static func connecting(host: String, port: UInt16, timeout: Duration) throws(SystemError) -> Socket {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        let failure = unsafe getaddrinfo(host, String(port), &hints, &found)
        guard failure == 0, let first = unsafe found else {
            throw SystemError(call: "getaddrinfo", code: EADDRNOTAVAIL)
        }
        defer { unsafe freeaddrinfo(first) }
        var lastError = SystemError(call: "getaddrinfo", code: EADDRNOTAVAIL)
        var next = unsafe found
        while let address = unsafe next {
            do throws(SystemError) {
                // Safety: the list and the addresses in it live until the end of this function.
                return try unsafe connecting(
                    address.pointee.ai_family, address.pointee.ai_addr, address.pointee.ai_addrlen, timeout)
            } catch {
                lastError = error
                unsafe next = address.pointee.ai_next
            }
        }
        throw lastError
    }

    /// Connects to the Unix socket at `path`, waiting for at most `timeout`.
    public static func connecting(unixPath path: String, timeout: Duration) throws(SystemError) -> Socket {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw SystemError(call: "connect", code: ENAMETOOLONG)
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        return try unsafe withUnsafePointer(to: &address) { (pointer) throws(SystemError) in
            try unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { (pointer) throws(SystemError) in
                try unsafe connecting(AF_UNIX, pointer, socklen_t(MemoryLayout<sockaddr_un>.size), timeout)
            }
        }
    }

    @unsafe private static func connecting(
        _ family: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t, _ timeout: Duration
    ) throws(SystemError) -> Socket {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let made = Socket(owning: FileDescriptor(owning: try check("socket") { socket(family, kind, 0) }))
        if unsafe connect(made.descriptor.rawValue, address, length) == 0 { return made }
        let code = errno
        guard code == EINPROGRESS || code == EINTR else { throw SystemError(call: "connect", code: code) }
        guard made.wait(forOutput: true, timeout: timeout) else {
            throw SystemError(call: "connect", code: ETIMEDOUT)
        }
        var outcome: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        try check("getsockopt") {
            unsafe getsockopt(made.descriptor.rawValue, SOL_SOCKET, SO_ERROR, &outcome, &size)
        }
        guard outcome == 0 else { throw SystemError(call: "connect", code: outcome) }
        return made
    }

    /// Waits until there is something to receive, or with `forOutput` until something can be received or sent.
    ///
    /// An end or an error counts, as the call that follows reports it.
    ///
    /// - Returns: False where nothing happened within `timeout`.
    public func wait(forOutput: Bool, timeout: Duration) -> Bool {
        let deadline = ContinuousClock.now + timeout
        var wanted = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN | (forOutput ? POLLOUT : 0)), revents: 0)
        while true {
            let left = max((deadline - ContinuousClock.now) / .milliseconds(1), 0)
            let count = unsafe poll(&wanted, 1, Int32(clamping: Int(left.rounded(.up))))
            if count > 0 { return true }
            if count == 0, ContinuousClock.now >= deadline { return false }
        }
    }
}
