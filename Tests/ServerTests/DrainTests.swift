import Server
import Settings
import TestSupport
import Testing

extension ServerTests {
    /// The end of a server.
    @Suite("Drain and stop")
    struct Drain {
        private static func engine(_ gate: Gate) -> MemoryEngine {
            var behaviour = MemoryEngine.Behaviour()
            behaviour.coldKeys = [Array("cold".utf8)]
            behaviour.beforeDiskRead = { _ in gate.wait() }
            let value = String(repeating: "v", count: 16 << 20)
            return MemoryEngine(text: ["key": "value", "cold": "late", "large": value], behaviour: behaviour)
        }

        @Test("Requests already written are answered, then connections end", arguments: [1, 2])
        func answersWhatIsThere(loopCount: Int) throws {
            let gate = Gate()
            try withServer(Self.engine(gate), { $0.loopCount = loopCount }) { server in
                defer { gate.open() }
                let idle = try server.connect(4)
                let waiting = try server.connect(4)
                for client in waiting { try client.send(["GET", "cold"]) }
                #expect(eventually { gate.waitingCount == 4 })
                // The server does not read these before the cold key has been answered.
                let behind = (0..<1_000).flatMap { _ in request(["GET", "key"]) }
                for client in waiting { try client.send(behind) }
                server.server.drain()
                for client in idle { #expect(try client.receiveToEnd().isEmpty) }
                #expect(eventually { server.server.connectionCount == 4 })
                #expect(
                    eventually { (try? server.connect()) == nil },
                    "a server that is about to end takes connections nobody will answer")
                gate.open()
                let replies = bulk("late") + (0..<1_000).flatMap { _ in bulk("value") }
                for client in waiting { #expect(try client.receiveToEnd() == replies) }
                #expect(eventually { server.server.connectionCount == 0 })
            }
        }

        @Test("Connections made just before are still answered", arguments: [1, 2])
        func lateComers(loopCount: Int) throws {
            for _ in 0..<5 {
                try withServer(Self.engine(Gate()), { $0.loopCount = loopCount }) { server in
                    let clients = try (0..<200).map { _ in
                        let client = try server.connect()
                        try client.send(["GET", "key"])
                        return client
                    }
                    server.server.drain()
                    for client in clients { #expect(try client.receiveToEnd() == bulk("value")) }
                    #expect(eventually { server.server.connectionCount == 0 })
                }
            }
        }

        @Test("CLIENT LIST is answered while another loop has ended already")
        func clientListWhileDraining() throws {
            let gate = Gate()
            try withServer(Self.engine(gate), { $0.loopCount = 2 }) { server in
                defer { gate.open() }
                let client = try server.connect()
                try client.send(["GET", "cold"])
                #expect(eventually { gate.waitingCount == 1 })
                try client.send(["CLIENT", "LIST"])
                server.server.drain()
                gate.open()
                #expect(try client.receives(bulk("late")))
                #expect(try String(decoding: client.receiveBulk(), as: UTF8.self).contains("cmd=client|list"))
                #expect(try client.receiveToEnd().isEmpty)
            }
        }

        @Test("A client that never reads does not hold up a stop, nor does one whose request never ends")
        func stopWithoutMercy() throws {
            let server = try TestServer(Self.engine(Gate()), { $0.loopCount = 2 })
            let port = server.server.port
            let deaf = try server.connect()
            try deaf.send((0..<8).flatMap { _ in request(["GET", "large"]) })
            let endless = try server.connect(1)[0]
            try endless.send("*2\r\n$3\r\nGET\r\n$5\r\nab")
            let observer = try server.connect()
            #expect(try eventually { try ClientLine.all(observer).contains { $0["omem"] != "0" } })
            server.server.drain()
            #expect(try observer.receiveToEnd().isEmpty)
            #expect(server.server.connectionCount >= 1)
            server.server.stop()
            #expect(server.server.connectionCount == 0)
            #expect(socketCount(boundTo: port) == 0)
            #expect(throws: TestClient.Failure.self) { try server.connect() }
        }

        @Test("A reader that is inside a read without end does not hold up a stop")
        func stopWithStuckReader() throws {
            let gate = Gate()
            defer { gate.open() }
            let server = try TestServer(Self.engine(gate))
            let client = try server.connect()
            try client.send(["GET", "cold"])
            #expect(eventually { gate.waitingCount == 1 })
            server.server.drain()
            let wasOrderly = server.server.stop()
            #expect(!wasOrderly)
            #expect(server.server.connectionCount == 0)
            #expect((try? client.receiveToEnd()) ?? [] == [])
        }

        @Test("A server that was never asked anything stops, with or without a drain", arguments: [false, true])
        func unusedServer(drains: Bool) throws {
            let server = try TestServer(MemoryEngine(text: [:]), { ($0.loopCount, $0.readerCount) = (4, 32) })
            if drains { server.server.drain() }
            server.server.stop()
            #expect(server.server.connectionCount == 0)
        }
    }
}
