import Bytes
import Platform
import RESP
import RedisClient
import Synchronization
import Testing

@Suite struct RedisClientTests {
    private func address(_ server: FakeServer, password: String? = nil, database: Int = 0) -> RedisAddress {
        RedisAddress(
            endpoint: .host("127.0.0.1", port: server.port), user: password.map { _ in "ann" }, password: password,
            database: database)
    }

    @Test func `It authenticates and selects before anything else`() throws {
        let expected = Array(
            "*3\r\n$4\r\nAUTH\r\n$3\r\nann\r\n$2\r\npw\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n7\r\n*1\r\n$4\r\nPING\r\n".utf8)
        let isAsExpected = Atomic<Bool>(false)
        try withServer({ socket in
            socket.sendAll("+OK\r\n+OK\r\n+PONG\r\n")
            isAsExpected.store(socket.receive(expected.count) == expected, ordering: .releasing)
        }) { server in
            let client = try RedisClient(address(server, password: "pw", database: 7))
            let reply = try client.call(["PING"])
            #expect(reply == .simple("PONG"))
        }
        let wasAsExpected = isAsExpected.load(ordering: .acquiring)
        #expect(wasAsExpected)
    }

    /// What a client says, and how it ends, whom a server answers `answer` to its AUTH.
    private func login(_ address: String, _ elsewhere: RedisPassword?, answer: String = "+OK") throws
        -> (said: String, error: RedisClientError?)
    {
        let said = Mutex<[UInt8]>([])
        var failure: RedisClientError?
        try withServer({ socket in
            socket.sendAll("\(answer)\r\n")
            let bytes = socket.receive(1_000)
            said.withLock { $0 = bytes }
        }) { server in
            var address = try RedisAddress(address.replacing("PORT", with: "\(server.port)"))
            address.passwordElsewhere = elsewhere
            do throws(RedisClientError) {
                _ = try RedisClient(address)
            } catch {
                failure = error
            }
        }
        return (String(decoding: said.withLock { $0 }, as: UTF8.self), failure)
    }

    @Test(arguments: [
        ("127.0.0.1:PORT", "*2\r\n$4\r\nAUTH\r\n$4\r\nelse\r\n"),
        ("redis://ann:@127.0.0.1:PORT", "*3\r\n$4\r\nAUTH\r\n$3\r\nann\r\n$4\r\nelse\r\n"),
        ("redis://:own@127.0.0.1:PORT", "*2\r\n$4\r\nAUTH\r\n$3\r\nown\r\n"),
    ])
    func `A password from elsewhere goes where the address has none`(_ address: String, _ expected: String) throws {
        let found = try login(address, .text("else"))
        #expect(found.said == expected && found.error == nil)
        let path = "/tmp/almanac-password-\(UInt64.random(in: 0...UInt64.max))"
        defer { try? FileSystem.remove(path) }
        try FileSystem.write(Array("else\r\n".utf8), to: path, mode: 0o600)
        let read = try login(address, .file(path: path))
        #expect(read.said == expected && read.error == nil)
    }

    @Test func `A server without a password takes one from elsewhere, and no other refusal is passed over`() throws {
        let none = "-ERR AUTH <password> called without any password configured for the default user. Are you sure?"
        #expect(try login("127.0.0.1:PORT", .text("x"), answer: none).error == nil)
        #expect(try login("redis://:x@127.0.0.1:PORT", nil, answer: none).error?.kind == .refused)
        let wrong = try login("127.0.0.1:PORT", .text("s3cret"), answer: "-WRONGPASS no").error
        #expect(wrong?.kind == .refused && wrong?.description.contains("s3cret") == false)
    }

    @Test func `A file without a password is named, and nobody is connected to`() {
        var address = RedisAddress(endpoint: .host("no-such-host.invalid", port: 1))
        address.passwordElsewhere = .file(path: "/none")
        let error = #expect(throws: RedisClientError.self) { _ = try RedisClient(address) }
        #expect(error == RedisClientError(.address, "the server's password: /none does not exist"))
    }

    @Test func `A refusal names the server and the command, and the connection goes on`() throws {
        try withServer({ socket in
            socket.sendAll("-ERR no such thing\r\n:1\r\n")
            _ = socket.receive(1000)
        }) { server in
            let client = try RedisClient(address(server))
            let error = #expect(throws: RedisClientError.self) { _ = try client.call(["DATASET", "RELOAD"]) }
            #expect(error?.kind == .refused)
            #expect(error?.description == "redis://127.0.0.1:\(server.port)/0 refused DATASET: ERR no such thing")
            let reply = try client.call(["DBSIZE"])
            #expect(reply == .integer(1))
        }
    }

    @Test func `A pipeline larger than all buffers between neither hangs nor loses a reply`() throws {
        // The server answers each byte at once and reads no more until it has: both sides' buffers fill.
        let (count, size) = (2_000, 20_000)
        let request = "*2\r\n$4\r\nECHO\r\n$\(size)\r\n".utf8.count + size + 2
        try withServer({ socket in
            let reply = Array("$\(size)\r\n".utf8) + [UInt8](repeating: 120, count: size) + [13, 10]
            for _ in 0..<count {
                _ = socket.receive(request)
                socket.sendAll(reply)
            }
        }) { server in
            let client = try RedisClient(address(server), replyTimeout: .seconds(20))
            let word = [UInt8](repeating: 120, count: size)
            for _ in 0..<count { client.send([Array("ECHO".utf8), word]) }
            var same = 0
            for _ in 0..<count where try client.receive() == .bulk(word) { same += 1 }
            #expect(same == count)
        }
    }

    struct Failure: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let reply: String
        let kind: RedisClientError.Kind
    }

    @Test(arguments: [
        Failure(testDescription: "the end at once", reply: "", kind: .unreachable),
        Failure(testDescription: "the end within a reply", reply: "$10\r\nabc", kind: .unreachable),
        Failure(testDescription: "another protocol", reply: "HTTP/1.1 400 Bad Request\r\n", kind: .malformed),
        Failure(testDescription: "an absurd length", reply: "$999999999999\r\n", kind: .malformed),
    ])
    func `A server that breaks off or talks nonsense is told apart`(failure: Failure) throws {
        try withServer({ socket in
            _ = socket.receive(14)
            socket.sendAll(failure.reply)
        }) { server in
            let client = try RedisClient(address(server))
            let error = #expect(throws: RedisClientError.self) { _ = try client.call(["PING"]) }
            #expect(error?.kind == failure.kind, "\(error?.description ?? "no error")")
        }
    }

    @Test func `A silent server is given up after the time allowed`() throws {
        try withServer({ socket in _ = socket.receive(1000) }) { server in
            let client = try RedisClient(address(server), replyTimeout: .milliseconds(50))
            let error = #expect(throws: RedisClientError.self) { _ = try client.call(["PING"]) }
            #expect(error?.kind == .timeout)
        }
    }

    @Test func `Nobody there, and no such host, are said`() throws {
        let listener = try Listener(host: "127.0.0.1", port: 0, backlog: 1, sharesPort: false)
        let port = listener.port
        _ = consume listener
        for (endpoint, words) in [
            (RedisAddress.Endpoint.host("127.0.0.1", port: port), "Connection refused"),
            (.host("no-such-host.invalid", port: port), "no such host"),
            (.unix(path: "/nonexistent/socket"), "No such file or directory"),
            (.unix(path: "/" + String(repeating: "x", count: 200)), "File name too long"),
        ] {
            let error = #expect(throws: RedisClientError.self) {
                _ = try RedisClient(RedisAddress(endpoint: endpoint))
            }
            #expect(error?.kind == .unreachable)
            #expect(error?.description.hasSuffix(": \(words)") == true, "\(error?.description ?? "no error")")
        }
    }

    private func withServer(
        _ serve: @escaping @Sendable (borrowing Socket) -> Void, _ body: (FakeServer) throws -> Void
    ) throws {
        let server = try FakeServer(serve)
        defer { server.join() }
        try body(server)
    }
}
