import Bytes
import HTTP
import Platform
import Testing

/// Sends bytes and gives what comes back until the server has closed, or until `expected` has come.
private func conversation(_ port: UInt16, _ request: String, until expected: String? = nil) throws -> String {
    let socket = try Socket.connecting(host: "127.0.0.1", port: port, timeout: .seconds(5))
    let bytes = Array(request.utf8)
    #expect(socket.send(bytes.span) == .bytes(bytes.count))
    var received = ByteBuffer()
    while true {
        guard socket.wait(forOutput: false, timeout: .seconds(20)) else { return "nothing came" }
        switch socket.receive(into: &received, byteCountMax: 65_536) {
        case .bytes:
            let text = text(received)
            if let expected, text.contains(expected) { return text }
        case .end, .failed: return text(received)
        case .wouldBlock: continue
        }
    }
}

private func text(_ buffer: borrowing ByteBuffer) -> String {
    var bytes: [UInt8] = []
    for index in 0..<buffer.count { bytes.append(buffer.span[index]) }
    return String(decoding: bytes, as: UTF8.self)
}

private func server(
    _ limits: HTTPLimits = HTTPLimits(), answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse
) throws -> HTTPServer {
    let server = try HTTPServer(hosts: [("127.0.0.1", false)], port: 0, limits: limits, answer: answer)
    try server.start()
    return server
}

@Suite("An HTTP server")
struct HTTPServerTests {
    @Test("A request comes whole, decoded, with its peer")
    func request() throws {
        let server = try server { request in
            let query = request.query.map { "\($0.name)=\($0.value)" }.joined(separator: "|")
            return HTTPResponse(
                text: "\(request.method) \(request.path) \(query) \(request.header("x-a") ?? "") \(request.peer)")
        }
        defer { server.stop() }
        let reply = try conversation(
            server.port,
            "GET /a%20b?x=1%262&y&z=%C3%BC HTTP/1.1\r\nHost: h\r\nX-A: yes\r\nConnection: close\r\n\r\n")
        #expect(reply.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(reply.contains("GET /a b x=1&2|y=|z=ü yes 127.0.0.1:"))
    }

    @Test("Every response says how it may be used, and an endpoint may say it otherwise")
    func headers() throws {
        let server = try server { request in
            request.path == "/page"
                ? HTTPResponse(
                    headers: [("content-security-policy", "default-src 'self'"), ("X-Bad", "a\r\nX-Smuggled: 1")],
                    body: [])
                : HTTPResponse(text: "plain")
        }
        defer { server.stop() }
        let plain = try conversation(server.port, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        for line in ["X-Content-Type-Options: nosniff", "Cache-Control: no-store", "X-Frame-Options: DENY"] {
            #expect(plain.contains("\r\n\(line)\r\n"))
        }
        #expect(plain.contains("Content-Security-Policy: default-src 'none'; "))
        let page = try conversation(server.port, "GET /page HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        #expect(page.contains("content-security-policy: default-src 'self'\r\n"))
        #expect(!page.contains("default-src 'none'"))
        #expect(!page.contains("Smuggled"))
    }

    @Test("HEAD has the headers of GET and no body; pipelined requests are answered in turn")
    func pipeline() throws {
        let server = try server { HTTPResponse(text: "<\($0.path)>") }
        defer { server.stop() }
        let reply = try conversation(
            server.port,
            "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n"
                + "GET /c HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        #expect(!reply.contains("</a>"))
        #expect(reply.contains("</b>"))
        #expect(reply.hasSuffix("</c>"))
        #expect(reply.split(separator: "\r\n").count { $0 == "Content-Length: 4" } == 3)
    }

    @Test(
        "What cannot be answered is refused with its reason",
        arguments: [
            ("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "405", "only GET and HEAD"),
            ("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", "413", "no request has a body"),
            (
                "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "413",
                "no request has a body"
            ),
            ("GET /%zz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "400", "must start with /"),
            ("GET /?a=%ff HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "400", "UTF-8"),
            ("GET http://h/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "400", "must start with /"),
            ("GET / HTTP/1.1\r\n\r\n", "400", "Host"),
        ])
    func refused(_ request: String, _ status: String, _ reason: String) throws {
        let server = try server { _ in HTTPResponse(text: "welcome") }
        defer { server.stop() }
        let reply = try conversation(server.port, request)
        #expect(reply.hasPrefix("HTTP/1.1 \(status) "))
        #expect(reply.contains(reason))
        #expect(!reply.contains("welcome"))
    }

    @Test("A connection too many is told so and closed; another one may come when it has gone")
    func tooMany() throws {
        var limits = HTTPLimits()
        limits.connectionsPerAddressMax = 1
        let server = try server(limits) { _ in HTTPResponse(text: "answered") }
        defer { server.stop() }
        do {
            let first = try Socket.connecting(host: "127.0.0.1", port: server.port, timeout: .seconds(5))
            try wait("the first connection") { server.connectionCount == 1 }
            let reply = try conversation(server.port, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(reply.hasPrefix("HTTP/1.1 503 "))
            #expect(reply.contains("your address has 1 connections already"))
            withExtendedLifetime(first) {}
        }
        try wait("the end of the first connection") { server.connectionCount == 0 }
        let reply = try conversation(server.port, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        #expect(reply.hasSuffix("answered"))
    }

    @Test("Who takes all places and asks for nothing makes room for who does")
    func makingRoom() throws {
        var limits = HTTPLimits()
        limits.connectionsMax = 3
        let server = try server(limits) { _ in HTTPResponse(text: "answered") }
        defer { server.stop() }
        let idle = try (0..<3).map { _ in
            ConnectedSocket(try Socket.connecting(host: "127.0.0.1", port: server.port, timeout: .seconds(5)))
        }
        try wait("the connections") { server.connectionCount == 3 }
        // A second later at the latest, and one a time.
        let request = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
        try wait("an answer") { (try? conversation(server.port, request))?.hasSuffix("answered") == true }
        try wait("the others to be left alone") { server.connectionCount == 2 }
        withExtendedLifetime(idle) {}
    }

    @Test("A request that never ends is ended, though it keeps coming")
    func trickle() throws {
        var limits = HTTPLimits()
        limits.requestTimeout = .milliseconds(500)
        let server = try server(limits) { _ in HTTPResponse(text: "answered") }
        defer { server.stop() }
        let socket = try Socket.connecting(host: "127.0.0.1", port: server.port, timeout: .seconds(5))
        let line = Array("GET / HTTP/1.1\r\n".utf8)
        _ = socket.send(line.span)
        var received = ByteBuffer()
        let byte = Array("X".utf8)
        try wait("the end") {
            _ = socket.send(byte.span)
            switch socket.receive(into: &received, byteCountMax: 4_096) {
            case .end, .failed: return true
            case .bytes, .wouldBlock: return false
            }
        }
        try wait("the connection to go") { server.connectionCount == 0 }
    }

    @Test("Stopping ends connections that wait, and says that it cannot end an answer that is being made")
    func stopping() throws {
        let idle = try server { _ in HTTPResponse(text: "answered") }
        let socket = try Socket.connecting(host: "127.0.0.1", port: idle.port, timeout: .seconds(5))
        try wait("the connection") { idle.connectionCount == 1 }
        #expect(idle.stop())
        withExtendedLifetime(socket) {}

        let gate = BlockingQueue<Void>(countMax: 1)
        let begun = BlockingQueue<Void>(countMax: 1)
        let busy = try server { _ in
            _ = begun.push(())
            _ = gate.pop()
            return HTTPResponse(text: "late")
        }
        let waiting = try Socket.connecting(host: "127.0.0.1", port: busy.port, timeout: .seconds(5))
        let request = Array("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
        _ = waiting.send(request.span)
        _ = begun.pop()
        #expect(!busy.stop(timeout: .milliseconds(20)))
        gate.close()
    }

    @Test("A port that is taken is named, and an address that may be missing is passed over")
    func taken() throws {
        let server = try server { _ in HTTPResponse(text: "") }
        defer { server.stop() }
        let error = #expect(throws: HTTPListenError.self) {
            try HTTPServer(hosts: [("127.0.0.1", false)], port: server.port) { _ in HTTPResponse(text: "") }
        }
        #expect(error?.description == "cannot listen on 127.0.0.1:\(server.port): Address already in use")
        // 192.0.2.0/24 is nobody's.
        let other = try HTTPServer(hosts: [("127.0.0.1", false), ("192.0.2.1", true)], port: 0) { _ in
            HTTPResponse(text: "")
        }
        #expect(other.addresses.count == 1)
        try other.start()
        #expect(other.stop())
    }
}

/// Waits until `isTrue`, with a deadline.
private func wait(_ what: Comment, until isTrue: () -> Bool) throws {
    let deadline = Clock.monotonicNanoseconds() + 20_000_000_000
    while !isTrue() {
        try #require(Clock.monotonicNanoseconds() < deadline, what)
        Thread.sleep(nanoseconds: 2_000_000)
    }
}

/// Sockets are not copyable, and an array's elements are.
private final class ConnectedSocket {
    let socket: Socket
    init(_ socket: consuming Socket) { self.socket = socket }
}
