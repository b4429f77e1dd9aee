import Server
import Settings
import TestSupport
import Testing

extension ServerTests {
    /// Clients that do not read as fast as they could.
    @Suite("Back-pressure")
    struct BackPressure {
        /// Output that waits for a client before the server makes more of it.
        private static let softMax = 1 << 20

        @Test("400,000 GETs written before one byte is read are all answered")
        func pipelineBeforeReading() throws {
            let values = (0..<1_000).map { "\($0) " + String(repeating: "x", count: 90) }
            let entries = Dictionary(uniqueKeysWithValues: values.indices.map { ("key\($0)", values[$0]) })
            try withServer(MemoryEngine(text: entries)) { server in
                let client = try server.connect()
                let thousand = values.indices.flatMap { request(["GET", "key\($0)"]) }
                for _ in 0..<400 { try client.send(thousand) }
                let replies = values.flatMap { bulk($0) }
                for _ in 0..<400 { #expect(try client.receives(replies)) }
                #expect(try client.isAnswered())
            }
        }

        @Test("A client that sends for ever and never reads is closed, and the others go on")
        func neverReadsRequests() throws {
            let value = String(repeating: "v", count: 1 << 20)
            try withServer(MemoryEngine(text: ["key": value]), { $0.queryBufferBytesMax = 1 << 20 }) { server in
                let other = try server.connect(1)[0]
                let client = try server.connect()
                let thousand = (0..<1_000).flatMap { _ in request(["GET", "key"]) }
                #expect(throws: TestClient.Failure.self) {
                    // 256 MB is far more than the kernel's buffers and the limit together.
                    for _ in 0..<12_000 { try client.send(thousand) }
                }
                #expect(eventually { server.server.connectionCount == 1 })
                #expect(try other.isAnswered())
            }
        }

        @Test("A client whose one reply is over the output limit is closed, and the others go on")
        func neverReadsReply() throws {
            let value = String(repeating: "v", count: 32 << 20)
            let settings = { (settings: inout ServerSettings) in settings.outputBufferBytesMax = 1 << 20 }
            try withServer(MemoryEngine(text: ["key": value]), settings) { server in
                let other = try server.connect(1)[0]
                let client = try server.connect()
                try client.send(["GET", "key"])
                #expect(eventually { server.server.connectionCount == 1 })
                #expect(throws: TestClient.Failure.self) { try client.receives(bulk(value)) }
                #expect(try other.isAnswered())
            }
        }

        @Test("A slow reader of large values costs the server at most the soft limit twice and one value")
        func slowReader() throws {
            let value = Array(repeating: UInt8(ascii: "v"), count: 8 << 20)
            try withServer(MemoryEngine([Array("key".utf8): value])) { server in
                let observer = try server.connect()
                let client = try server.connect()
                _ = try client.isAnswered()
                try client.send(request(["CLIENT", "SETNAME", "slow"]))
                #expect(try client.receives("+OK\r\n"))
                let commands = request(["MGET", "key", "key", "key", "key"]) + request(["GET", "key"])
                for _ in 0..<4 { try client.send(commands) }
                let reply = bulk(value)
                var largest = 0
                for _ in 0..<4 {
                    #expect(try client.receives("*4\r\n"))
                    for _ in 0..<5 {
                        var position = 0
                        while position < reply.count {
                            let count = min(1 << 20, reply.count - position)
                            #expect(try client.receives(Array(reply[position..<position + count])))
                            position += count
                            let facts = try ClientLine.all(observer).first { $0["name"] == "slow" }
                            largest = max(largest, Int(facts?["omem"] ?? "") ?? 0)
                        }
                    }
                }
                #expect(largest > 0)
                #expect(largest <= 2 * Self.softMax + value.count + 64)
            }
        }

        @Test(
            "Requests taken in while a client did not read are answered once it does, though no more come",
            arguments: [false, true])
        func requestsReadAhead(isReplyHeld: Bool) throws {
            let value = String(repeating: "v", count: 16 << 20)
            try withServer(MemoryEngine(text: ["key": value])) { server in
                let observer = try server.connect()
                let client = try server.connect()
                try client.send(request(["CLIENT", "SETNAME", "slow"]))
                #expect(try client.receives("+OK\r\n"))
                let second = isReplyHeld ? request(["ECHO", "held"]) : []
                try client.send(request(["GET", "key"]) + second)
                // The server has answered the first and waits.
                #expect(
                    try eventually {
                        try ClientLine.all(observer).contains { $0["name"] == "slow" && $0["omem"] != "0" }
                    })
                try client.send(request(["ECHO", "read ahead"]))
                #expect(
                    try eventually {
                        try ClientLine.all(observer).contains { $0["name"] == "slow" && $0["qbuf"] != "0" }
                    })
                #expect(try client.receives(bulk(value) + (isReplyHeld ? bulk("held") : []) + bulk("read ahead")))
            }
        }
    }
}

/// A line of `CLIENT LIST`, by field.
enum ClientLine {
    static func all(_ client: TestClient) throws -> [[String: String]] {
        try client.ask("CLIENT", "LIST").split(separator: "\n").map { line in
            var fields: [String: String] = [:]
            for field in line.split(separator: " ") {
                let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                fields[String(parts[0])] = String(parts[1])
            }
            return fields
        }
    }
}
