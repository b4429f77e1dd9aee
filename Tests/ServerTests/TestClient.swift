import Glibc

/// A client that speaks bytes over a real socket; every wait of it ends at a deadline.
///
/// Belongs to one thread.
final class TestClient {
    /// What went wrong on the client's side of a connection.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private var descriptor: Int32
    /// Bytes received and not yet asked for.
    private var received: [UInt8] = []
    private var used = 0
    /// How long one send or receive may take.
    private static let patienceSeconds = 60

    /// Connects to a port of the loopback interface.
    init(port: UInt16, isVersion6: Bool = false) throws {
        descriptor = socket(isVersion6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        precondition(descriptor >= 0)
        var connected: Int32
        if isVersion6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            address.sin6_addr = in6addr_loopback
            connected = connectTo(&address)
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
            connected = connectTo(&address)
        }
        try finish(connected)
    }

    /// Connects to a Unix socket.
    init(unixPath path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        precondition(descriptor >= 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
        try finish(connectTo(&address))
    }

    deinit { close() }

    private func connectTo<Address>(_ address: inout Address) -> Int32 {
        unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }

    private func finish(_ connected: Int32) throws {
        guard connected == 0 else { throw failure("connect") }
        var patience = timeval(tv_sec: Self.patienceSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        var isOn: Int32 = 1
        _ = unsafe setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
    }

    private func failure(_ call: String) -> Failure {
        let code = errno
        return Failure(
            description: code == EAGAIN
                ? "\(call): nothing in time" : unsafe "\(call): \(String(cString: strerror(code)))")
    }

    // MARK: Sending

    /// Sends all of `bytes`.
    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe Glibc.send(
                    descriptor, UnsafeRawBufferPointer(rebasing: bytes[sent...]).baseAddress, bytes.count - sent,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw failure("send") }
            sent += count
        }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends one request.
    func send(_ arguments: [String]) throws { try send(request(arguments)) }

    // MARK: Receiving

    /// The next `count` bytes.
    func receive(_ count: Int) throws -> [UInt8] {
        while received.count - used < count {
            guard try fill(count - (received.count - used)) else {
                throw Failure(description: "the end after \(received.count - used) bytes of \(count)")
            }
        }
        defer { used += count }
        return Array(received[used..<used + count])
    }

    /// Whether the next bytes are those of `expected`, which are then gone.
    func receives(_ expected: [UInt8]) throws -> Bool {
        try receive(expected.count) == expected
    }

    func receives(_ expected: String) throws -> Bool { try receives(Array(expected.utf8)) }

    /// The next line, without its end.
    func receiveLine() throws -> String {
        var line: [UInt8] = []
        while line.suffix(2) != [13, 10] { line += try receive(1) }
        return String(decoding: line.dropLast(2), as: UTF8.self)
    }

    /// The content of the bulk string that comes next.
    func receiveBulk() throws -> [UInt8] {
        let line = try receiveLine()
        guard line.first == "$", let count = Int(line.dropFirst()) else {
            throw Failure(description: "no bulk string: \(line)")
        }
        return try receive(count + 2).dropLast(2)
    }

    /// Everything until the server ends the connection.
    func receiveToEnd() throws -> [UInt8] {
        while try fill(1 << 20) {}
        defer { used = received.count }
        return Array(received[used...])
    }

    /// Sends a request and returns its bulk string.
    func ask(_ arguments: String...) throws -> String {
        try send(arguments)
        return String(decoding: try receiveBulk(), as: UTF8.self)
    }

    /// Whether the server still answers this connection.
    func isAnswered() throws -> Bool {
        try send(["PING"])
        return try receives("+PONG\r\n")
    }

    /// Waits for bytes or the end; false at the end.
    private func fill(_ wanted: Int) throws -> Bool {
        if used > 0, used == received.count { received.removeAll(keepingCapacity: true); used = 0 }
        let size = min(max(wanted, 4_096), 1 << 20)
        var failed = false
        let before = received.count
        let chunk = unsafe [UInt8](unsafeUninitializedCapacity: size) { free, count in
            let length = unsafe recv(descriptor, free.baseAddress, size, 0)
            failed = length < 0
            count = max(length, 0)
        }
        if failed { throw failure("receive") }
        received += chunk
        return received.count > before
    }

    /// Whether bytes or the end of the connection can be received, within `milliseconds`.
    func isReadable(milliseconds: Int32) -> Bool {
        if used < received.count { return true }
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&wanted, 1, milliseconds) > 0
    }

    // MARK: Ending

    /// Sends nothing more, and still receives.
    func endSending() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    /// Drops the connection; the server's next read fails.
    func reset() {
        var value = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func close() {
        guard descriptor >= 0 else { return }
        _ = Glibc.close(descriptor)
        descriptor = -1
    }
}

/// The bytes of a request.
func request(_ arguments: [String]) -> [UInt8] {
    var bytes = Array("*\(arguments.count)\r\n".utf8)
    for argument in arguments { bytes += bulk(argument) }
    return bytes
}

/// A bulk string, as requests and replies have it.
func bulk(_ text: String) -> [UInt8] { bulk(Array(text.utf8)) }

func bulk(_ content: [UInt8]) -> [UInt8] {
    Array("$\(content.count)\r\n".utf8) + content + [13, 10]
}

/// An array of bulk strings.
func array(_ elements: [String]) -> [UInt8] {
    var bytes = Array("*\(elements.count)\r\n".utf8)
    for element in elements { bytes += bulk(element) }
    return bytes
}
