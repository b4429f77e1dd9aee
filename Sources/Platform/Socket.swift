public import Bytes
import CLinux
import Glibc

/// One connected stream socket, never blocking.
public struct Socket: ~Copyable, Sendable {
    public let descriptor: FileDescriptor

    /// Takes ownership of a connected, non-blocking socket.
    public init(owning descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
    }

    public enum Transfer: Equatable, Sendable {
        case bytes(Int)
        /// The peer has closed its side: nothing more will come.
        case end
        /// Nothing now; epoll says when.
        case wouldBlock
        /// The connection is gone.
        case failed(Int32)
    }

    /// Appends what has arrived to `buffer`, at most `byteCountMax` bytes.
    public func receive(into buffer: inout ByteBuffer, byteCountMax: Int) -> Transfer {
        var result = 0
        unsafe buffer.appendUninitialized(byteCountMax) { free in
            repeat {
                result = unsafe clinux_receive(descriptor.rawValue, free.baseAddress, free.count)
            } while result == -Int(EINTR)
            return max(result, 0)
        }
        return result == 0 ? .end : Self.transfer(result)
    }

    /// Sends what the kernel takes of `bytes`, which must not be empty.
    public func send(_ bytes: Span<UInt8>) -> Transfer {
        var result = 0
        repeat {
            result = unsafe bytes.withUnsafeBytes { bytes in
                unsafe clinux_send(descriptor.rawValue, bytes.baseAddress, bytes.count)
            }
        } while result == -Int(EINTR)
        return Self.transfer(result)
    }

    /// What a count of bytes, or a negated error number, means.
    @inline(__always)
    private static func transfer(_ result: Int) -> Transfer {
        if result >= 0 { return .bytes(result) }
        return result == -Int(EAGAIN) ? .wouldBlock : .failed(Int32(truncatingIfNeeded: -result))
    }

    /// Turns Nagle's algorithm off, and probes of idle peers on after `keepalive` seconds (0: never).
    ///
    /// Failure is harmless (a Unix socket has neither) and ignored.
    public func configure(keepaliveSeconds: Int) {
        set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        if keepaliveSeconds > 0 { probe(afterSeconds: keepaliveSeconds) }
    }

    /// Probes an idle peer after `keepaliveSeconds`, or, for 0, no more; failure is ignored as above.
    public func probe(afterSeconds keepaliveSeconds: Int) {
        set(SOL_SOCKET, SO_KEEPALIVE, keepaliveSeconds > 0 ? 1 : 0)
        guard keepaliveSeconds > 0 else { return }
        set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, Int32(clamping: keepaliveSeconds))
        // Three probes over a further interval, as Redis spaces them.
        set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, Int32(clamping: max(keepaliveSeconds / 3, 1)))
        set(Int32(IPPROTO_TCP), TCP_KEEPCNT, 3)
    }

    /// Makes closing drop what is not sent yet and reset the peer.
    public func resetOnClose() {
        var value = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(
            descriptor.rawValue, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }

    /// Tells the peer that nothing more will come, and lets it finish reading.
    public func shutDownWriting() {
        _ = shutdown(descriptor.rawValue, Int32(SHUT_WR))
    }

    private func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        _ = unsafe setsockopt(
            descriptor.rawValue, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Whether the peer is on this machine, by a loopback address or a Unix socket.
    public var isLocal: Bool {
        let peer = addresses().peer
        return ["127.", "[::1]:", "[::ffff:127.", "/"].contains(where: peer.hasPrefix)
    }

    /// Gives the descriptor up to somebody else.
    public consuming func relinquish() -> FileDescriptor { descriptor }

    /// The descriptors of two sockets of this process that are connected to each other; the caller owns both.
    public static func connectedPair() throws(SystemError) -> (Int32, Int32) {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        var numbers: [Int32] = [-1, -1]
        try check("socketpair") { unsafe socketpair(AF_UNIX, kind, 0, &numbers) }
        return (numbers[0], numbers[1])
    }

    /// The peer's and our own address, as `CLIENT LIST` shows them.
    public func addresses() -> (peer: String, local: String) {
        var peer = sockaddr_storage()
        var local = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let number = descriptor.rawValue
        unsafe withUnsafeMutablePointer(to: &peer) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = unsafe getpeername(number, $0, &length) }
        }
        length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        unsafe withUnsafeMutablePointer(to: &local) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = unsafe getsockname(number, $0, &length) }
        }
        let here = SocketAddress(local).description
        // As Redis has it, a client of a Unix socket goes by the socket's path.
        return (local.ss_family == sa_family_t(AF_UNIX) ? here : SocketAddress(peer).description, here)
    }
}

/// An address as text: `127.0.0.1:6379`, `[::1]:6379`, `/run/almanac.sock:0`.
public struct SocketAddress: CustomStringConvertible, Sendable {
    public let description: String
    public let port: UInt16

    init(_ storage: sockaddr_storage) {
        var storage = storage
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var service = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let family = Int32(storage.ss_family)
        guard family == AF_INET || family == AF_INET6 else {
            let path = unsafe withUnsafeBytes(of: &storage) { bytes in
                // Behind the family comes the path, empty for a client that has none of its own.
                let path = unsafe bytes.dropFirst(MemoryLayout<sa_family_t>.size).prefix { $0 != 0 }
                return unsafe String(decoding: path, as: UTF8.self)
            }
            (description, port) = ("\(path):0", 0)
            return
        }
        let length = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
        _ = unsafe withUnsafePointer(to: &storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getnameinfo(
                    $0, socklen_t(length), &host, socklen_t(host.count), &service, socklen_t(service.count),
                    Int32(NI_NUMERICHOST | NI_NUMERICSERV))
            }
        }
        let name = Self.text(host)
        let number = Self.text(service)
        description = family == AF_INET6 ? "[\(name)]:\(number)" : "\(name):\(number)"
        port = UInt16(number) ?? 0
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
