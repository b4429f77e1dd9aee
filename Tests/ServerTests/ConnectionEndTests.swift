import Server
import Settings
import TestSupport
import Testing

extension ServerTests {
    /// How connections end, from either side.
    @Suite("Ends of connections")
    struct ConnectionEnds {
        @Test("A client that ends its side gets every reply, then the end")
        func halfClosed() throws {
            var behaviour = MemoryEngine.Behaviour()
            behaviour.coldKeys = [Array("cold".utf8)]
            let engine = MemoryEngine(text: ["key": "value", "cold": "late"], behaviour: behaviour)
            try withServer(engine) { server in
                let client = try server.connect()
                let few = request(["GET", "key"]) + request(["GET", "cold"]) + request(["KEYS", "c*"])
                let fewReplies = bulk("value") + bulk("late") + array(["cold"])
                let many = (0..<10_000).flatMap { _ in request(["GET", "key"]) }
                try client.send(few + many)
                client.endSending()
                let expected = fewReplies + (0..<10_000).flatMap { _ in bulk("value") }
                #expect(try client.receiveToEnd() == expected)
                #expect(eventually { server.server.connectionCount == 0 })
            }
        }

        @Test("A client that ends its side and reads late gets more than the kernel could hold")
        func halfClosedWithLargeReplies() throws {
            let value = String(repeating: "v", count: 8 << 20)
            try withServer(MemoryEngine(text: ["key": value])) { server in
                let client = try server.connect()
                let observer = try server.connect()
                try client.send((0..<4).flatMap { _ in request(["GET", "key"]) } + request(["ECHO", "last"]))
                client.endSending()
                #expect(try eventually { try ClientLine.all(observer).contains { $0["omem"] != "0" } })
                let reply = bulk(value)
                for _ in 0..<4 { #expect(try client.receives(reply)) }
                #expect(try client.receiveToEnd() == bulk("last"))
            }
        }

        @Test(
            "What comes behind the last reply is not answered",
            arguments: [
                (request(["QUIT"]), "+OK\r\n"),
                (Array("QUIT\r\n".utf8), "+OK\r\n"),
                (Array("*1\r\n$-5\r\n".utf8), "-ERR Protocol error: invalid bulk length\r\n"),
                (Array("*1048577\r\n".utf8), "-ERR Protocol error: invalid multibulk length\r\n"),
                (Array("*1\r\n!4\r\n".utf8), "-ERR Protocol error: expected '$', got '!'\r\n"),
                (Array("GET \"key\r\n".utf8), "-ERR Protocol error: unbalanced quotes in request\r\n"),
                (Array("POST / HTTP/1.1\r\n".utf8), ""),
            ])
        func lastReply(last: [UInt8], reply: String) throws {
            try withServer(MemoryEngine(text: ["key": "value"])) { server in
                for flood in [0, 1, 200_000] {
                    let client = try server.connect()
                    let behind = (0..<flood).flatMap { _ in Array("PING\r\n".utf8) }
                    try? client.send(request(["GET", "key"]) + last + behind)  // Fails once the server is gone.
                    #expect(try client.receives(bulk("value") + Array(reply.utf8)))
                    // The end, or a reset where the server went while we still sent.
                    let rest = try? client.receiveToEnd()
                    #expect(rest ?? [] == [])
                }
                #expect(eventually { server.server.connectionCount == 0 })
            }
        }

        @Test("500 connections reset in the middle of a request leave nothing behind", arguments: [1, 2])
        func resets(loopCount: Int) throws {
            let value = String(repeating: "v", count: 1 << 20)
            try withServer(MemoryEngine(text: ["key": value]), { $0.loopCount = loopCount }) { server in
                let port = server.server.port
                let listenerCount = socketCount(boundTo: port)
                #expect(listenerCount == loopCount)
                for round in 0..<5 {
                    let clients = try (0..<100).map { _ in try server.connect() }
                    for (number, client) in clients.enumerated() {
                        switch (number + round) % 4 {
                        case 0: try client.send("*2\r\n$3\r\nGET\r\n$100\r\nkey")
                        case 1: try client.send(request(["GET", "key"]) + request(["GET", "key"]))
                        case 2: try client.send("GET k")
                        default: try client.send(request(["KEYS", "*"]) + request(["CLIENT", "LIST"]))
                        }
                    }
                    for client in clients { client.reset() }
                }
                #expect(
                    eventually { server.server.connectionCount == 0 && socketCount(boundTo: port) == listenerCount })
                #expect(try server.connect().isAnswered())
            }
        }
    }
}
