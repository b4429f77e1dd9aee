import Server
import Settings
import TestSupport
import Testing

extension ServerTests {
    /// How connections share a server.
    @Suite("Many connections")
    struct ManyConnections {
        private func countsByLoop(_ client: TestClient) throws -> [String: Int] {
            try Dictionary(grouping: ClientLine.all(client)) { $0["loop"] ?? "none" }.mapValues(\.count)
        }

        @Test("Two loops share 50 connections evenly, also after some have gone and others come")
        func fairness() throws {
            try withServer(MemoryEngine(text: [:]), { $0.loopCount = 2 }) { server in
                // All connected before any is answered, as a client library's pool does.
                var clients = try (0..<50).map { _ in try server.connect() }
                for client in clients { #expect(try client.isAnswered()) }
                let first = try countsByLoop(clients[0])
                #expect(first.keys.sorted() == ["0", "1"])
                #expect(first.values.allSatisfy { (24...26).contains($0) })

                // All but one of the first loop's go.
                let ofFirst = Set(try ClientLine.all(clients[0]).filter { $0["loop"] == "0" }.compactMap { $0["id"] })
                var leaving: [TestClient] = []
                var staying: [TestClient] = []
                for client in clients {
                    try client.send(["CLIENT", "ID"])
                    let id = String(try client.receiveLine().dropFirst())
                    if ofFirst.contains(id), leaving.count < 20 {
                        leaving.append(client)
                    } else {
                        staying.append(client)
                    }
                }
                for client in leaving { client.close() }
                clients = staying
                #expect(eventually { server.server.connectionCount == clients.count })
                clients += try (0..<50 - clients.count).map { _ in try server.connect() }
                for client in clients { #expect(try client.isAnswered()) }
                let second = try countsByLoop(clients[0])
                #expect(second.values.reduce(0, +) == 50)
                #expect(second.values.allSatisfy { (24...26).contains($0) })
            }
        }

        @Test("One connection too many gets Redis's error and the end, until another has gone")
        func tooManyClients() throws {
            try withServer(MemoryEngine(text: [:]), { $0.clientsMax = 3 }) { server in
                let clients = try server.connect(3)
                let refused = try server.connect()
                #expect(try refused.receiveToEnd() == Array("-ERR max number of clients reached\r\n".utf8))
                for client in clients { #expect(try client.isAnswered()) }
                clients[0].close()
                #expect(eventually { server.server.connectionCount == 2 })
                #expect(try server.connect().isAnswered())
            }
        }

        @Test("The idle timeout closes who sends nothing, and nobody who is being served")
        func idleTimeout() throws {
            let gate = Gate()
            let value = Array(repeating: UInt8(ascii: "v"), count: 4 << 20)
            var behaviour = MemoryEngine.Behaviour()
            behaviour.coldKeys = [Array("cold".utf8)]
            behaviour.beforeDiskRead = { _ in gate.wait() }
            let engine = MemoryEngine([Array("key".utf8): value, Array("cold".utf8): value], behaviour: behaviour)
            try withServer(engine, { $0.idleTimeout = .seconds(1) }) { server in
                defer { gate.open() }
                let reading = try server.connect(1)[0]
                let waiting = try server.connect(1)[0]
                let talking = try server.connect(1)[0]
                let idle = try server.connect(1)[0]
                try reading.send(["MGET"] + Array(repeating: "key", count: 64))
                try waiting.send(["GET", "cold"])
                #expect(try reading.receives("*64\r\n"))
                let reply = bulk(value)
                var position = 0
                // Reads on at a few megabytes a second until the idle one has been closed twice over.
                var closed = 0
                var another: TestClient? = idle
                while closed < 2, position < 48 * reply.count {
                    let count = min(32 << 10, reply.count - position % reply.count)
                    let start = position % reply.count
                    #expect(try reading.receives(Array(reply[start..<start + count])))
                    position += count
                    if position % (1 << 20) < count { #expect(try talking.isAnswered()) }
                    guard let client = another, client.isReadable(milliseconds: 1) else { continue }
                    #expect(try client.receiveToEnd().isEmpty)
                    closed += 1
                    another = closed < 2 ? try server.connect(1)[0] : nil
                }
                #expect(closed == 2)
                gate.open()
                #expect(try waiting.receives(reply))
                #expect(try waiting.isAnswered())
                while position < 64 * reply.count {
                    let start = position % reply.count
                    #expect(try reading.receives(Array(reply[start...])))
                    position += reply.count - start
                    #expect(try talking.isAnswered())
                }
            }
        }
    }
}
