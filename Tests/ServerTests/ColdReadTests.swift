import Server
import Settings
import TestSupport
import Testing

extension ServerTests {
    /// Reads that wait for the disk, which a gate stands for.
    @Suite("Cold reads")
    struct ColdReads {
        private static let damagedReply =
            "-ERR the data of this key cannot be read, the server's log says why\r\n"

        /// Keys `warm0`… in memory; `cold0`… and `broken0`… behind `gate`, the latter damaged.
        private static func engine(_ gate: Gate, coldCount: Int) -> MemoryEngine {
            var entries: [String: String] = [:]
            var behaviour = MemoryEngine.Behaviour()
            for number in 0..<100 { entries["warm\(number)"] = "resident \(number)" }
            for number in 0..<coldCount {
                entries["cold\(number)"] = "from the disk \(number)"
                entries["broken\(number)"] = "never seen"
                behaviour.coldKeys.insert(Array("cold\(number)".utf8))
                behaviour.coldKeys.insert(Array("broken\(number)".utf8))
                behaviour.damagedKeys.insert(Array("broken\(number)".utf8))
            }
            behaviour.beforeDiskRead = { key in
                if key.first != UInt8(ascii: "w") { gate.wait() }
            }
            return MemoryEngine(text: entries, behaviour: behaviour)
        }

        @Test("A connection that is reset while it waits for the disk is gone before the disk answers")
        func resetWhileWaiting() throws {
            let gate = Gate()
            try withServer(Self.engine(gate, coldCount: 1)) { server in
                defer { gate.open() }
                let waiting = try server.connect()
                try waiting.send(["GET", "cold0"])
                #expect(eventually { gate.waitingCount == 1 })
                waiting.reset()
                #expect(eventually { server.server.connectionCount == 0 })
                #expect(gate.waitingCount == 1)
            }
        }

        @Test(
            "Resident reads of other connections are answered while more wait for the disk than there are readers",
            arguments: ["cold", "broken"])
        func residentReadsGoOn(prefix: String) throws {
            let gate = Gate()
            try withServer(Self.engine(gate, coldCount: 64)) { server in
                defer { gate.open() }
                let waiting = try server.connect(64)
                for (number, client) in waiting.enumerated() {
                    try client.send(
                        request(["GET", "warm1"]) + request(["GET", "\(prefix)\(number)"]) + request(["GET", "warm2"])
                            + request(["STRLEN", "\(prefix)\(number)"]) + request(["ECHO", "after"]))
                    // The request before the cold one is answered, so the cold one is with the readers.
                    #expect(try client.receives(bulk("resident 1")))
                }
                #expect(eventually { gate.waitingCount == 4 })

                let others = try server.connect(8)
                let pipeline = (0..<50).flatMap { request(["GET", "warm\($0)"]) }
                let replies = (0..<50).flatMap { bulk("resident \($0)") }
                for _ in 0..<25 {
                    for client in others { try client.send(pipeline) }
                    for client in others { #expect(try client.receives(replies)) }
                }
                #expect(gate.waitingCount == 4)
                for client in waiting { #expect(!client.isReadable(milliseconds: 0)) }

                gate.open()
                for (number, client) in waiting.enumerated() {
                    let value = "from the disk \(number)"
                    let expected =
                        prefix == "cold"
                        ? bulk(value) + bulk("resident 2") + Array(":\(value.utf8.count)\r\n".utf8)
                        : Array(Self.damagedReply.utf8) + bulk("resident 2") + Array(Self.damagedReply.utf8)
                    #expect(try client.receives(expected + bulk("after")))
                    #expect(try client.isAnswered())
                }
            }
        }

        @Test("Cold keys of one MGET and of one pipeline come in their places")
        func order() throws {
            let gate = Gate()
            try withServer(Self.engine(gate, coldCount: 8)) { server in
                defer { gate.open() }
                let client = try server.connect()
                try client.send(
                    request(["MGET", "warm0", "cold0", "none", "cold1", "warm1"])
                        + request(["EXISTS", "cold2", "x", "warm2"])
                        + request(["GET", "cold3"]) + request(["MGET", "cold4", "broken4"]) + request(["PING"]))
                #expect(eventually { gate.waitingCount == 1 })
                gate.open()
                let values =
                    "*5\r\n\(text("resident 0"))\(text("from the disk 0"))$-1\r\n\(text("from the disk 1"))\(text("resident 1"))"
                #expect(try client.receives("\(values):2\r\n\(text("from the disk 3"))\(Self.damagedReply)+PONG\r\n"))
            }
        }

        @Test("With room for one read in the readers' queue everybody is answered")
        func tinyQueue() throws {
            let gate = Gate()
            let engine = Self.engine(gate, coldCount: 100)
            try withServer(engine, { ($0.readQueueMax, $0.readerCount) = (1, 1) }) { server in
                defer { gate.open() }
                let clients = try server.connect(100)
                for (number, client) in clients.enumerated() { try client.send(["GET", "cold\(number)"]) }
                #expect(eventually { gate.waitingCount == 1 })
                gate.open()
                for (number, client) in clients.enumerated() {
                    #expect(try client.receives(bulk("from the disk \(number)")))
                }
            }
        }

        @Test("A client that is gone when its read comes back disturbs nobody")
        func departedClient() throws {
            let gate = Gate()
            try withServer(Self.engine(gate, coldCount: 8)) { server in
                defer { gate.open() }
                let staying = try server.connect()
                for number in 0..<8 {
                    let client = try server.connect()
                    try client.send(["GET", "cold\(number)"])
                    if number < 4 { #expect(eventually { gate.waitingCount == number + 1 }) }
                    client.reset()
                }
                gate.open()
                #expect(eventually { server.server.connectionCount == 1 })
                #expect(try staying.isAnswered())
            }
        }

        private func text(_ value: String) -> String { "$\(value.utf8.count)\r\n\(value)\r\n" }
    }
}
