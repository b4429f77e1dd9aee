import Commands
import Platform
import Server
import SessionSupport
import Settings
import Synchronization
import TestSupport
import Testing

extension ServerTests {
    /// What the server sends or answers by itself, in its own time.
    @Suite("Messages and the control")
    struct Messages {
        private static func push(_ channel: String, _ message: String) -> [UInt8] {
            Array(">3\r\n".utf8) + bulk("message") + bulk(channel) + bulk(message)
        }

        /// A client that subscribes to `c` in RESP3.
        private static func subscriber(_ server: TestServer) throws -> TestClient {
            let client = try server.connect()
            try client.send(request(["HELLO", "3"]) + request(["SUBSCRIBE", "c"]))
            // The version's id, behind its length, is the last that HELLO tells.
            while try client.receiveLine() != "dataset_version" {}
            for _ in 0..<2 { _ = try client.receiveLine() }
            #expect(try client.receives(Array(">3\r\n".utf8) + bulk("subscribe") + bulk("c") + Array(":1\r\n".utf8)))
            return client
        }

        @Test("Idle subscribers of every loop get each message, and others none", arguments: [1, 3])
        func idle(loopCount: Int) throws {
            try withServer(MemoryEngine(text: ["k": "v"]), { $0.loopCount = loopCount }) { server in
                let subscribers = try (0..<6).map { _ in try Self.subscriber(server) }
                let other = try server.connect()
                for number in 0..<20 {
                    server.server.publish(channel: "c", message: Array("\(number)".utf8))
                    for client in subscribers { #expect(try client.receives(Self.push("c", "\(number)"))) }
                }
                try other.send(["GET", "k"])
                #expect(try other.receives(bulk("v")))
            }
        }

        @Test("Messages come between the replies of a pipeline that runs, and none is lost")
        func pipeline() throws {
            try withServer(MemoryEngine(text: ["k": "v"])) { server in
                let client = try Self.subscriber(server)
                let isEnding = Atomic<Bool>(false)
                let published = Atomic<Int>(0)
                let publisher = server.server.publisher
                try withThread(
                    {
                        while !isEnding.load(ordering: .relaxed), published.load(ordering: .relaxed) < 5_000 {
                            publisher.publish(channel: "c", message: Array("m".utf8))
                            published.add(1, ordering: .relaxed)
                        }
                    },
                    during: {
                        var seen = 0
                        let many = request(["MGET"] + Array(repeating: "k", count: 700))
                        for _ in 0..<30 {
                            try client.send(many + request(["GET", "k"]) + many + request(["GET", "k"]))
                            for count in [700, 1, 700, 1] {
                                var line = try client.receiveLine()
                                while line == ">3" {
                                    #expect(try client.receives(bulk("message") + bulk("c") + bulk("m")))
                                    seen += 1
                                    line = try client.receiveLine()
                                }
                                if count > 1 {
                                    #expect(line == "*700")
                                    for _ in 0..<count { #expect(try client.receives(bulk("v"))) }
                                } else {
                                    #expect(line == "$1")
                                    #expect(try client.receives("v\r\n"))
                                }
                            }
                        }
                        isEnding.store(true, ordering: .relaxed)
                        #expect(seen > 0)
                        try client.send(["GET", "none"])
                        while try client.receiveLine() == ">3" {
                            #expect(try client.receives(bulk("message") + bulk("c") + bulk("m")))
                        }
                    })
            }
        }

        @Test("A subscriber that does not read is closed at its output limit, and the others are not")
        func slowSubscriber() throws {
            try withServer(MemoryEngine(text: [:]), { $0.pubsubBufferBytesMax = 4 << 20 }) { server in
                let slow = try Self.subscriber(server)
                let quick = try Self.subscriber(server)
                let message = [UInt8](repeating: 120, count: 200_000)
                for _ in 0..<100 {
                    server.server.publish(channel: "c", message: message)
                    #expect(try quick.receives(Array(">3\r\n".utf8) + bulk("message") + bulk("c") + bulk(message)))
                }
                #expect(eventually { server.server.connectionCount == 1 })
                #expect(try quick.isAnswered())
                withExtendedLifetime(slow) {}
            }
        }

        @Test("Neither a subscriber nor a client whose reload takes long is closed for being idle")
        func idleTimeout() throws {
            try withServer(MemoryEngine(text: ["k": "v"]), { $0.idleTimeout = .seconds(1) }) { server in
                let control = RecordingControl(answer: nil)
                server.server.control = control
                let subscriber = try Self.subscriber(server)
                let waiting = try server.connect()
                try waiting.send(request(["DATASET", "RELOAD"]) + request(["GET", "k"]))
                #expect(eventually { control.waitingCount == 1 })
                for _ in 0..<2 {
                    let idle = try server.connect()
                    #expect(try idle.receiveToEnd().isEmpty)
                }
                control.answerAll(.text("swapped"))
                #expect(try waiting.receives(bulk("swapped") + bulk("v")))
                server.server.publish(channel: "c", message: Array("late".utf8))
                #expect(try subscriber.receives(Self.push("c", "late")))
            }
        }

        @Test("A client that leaves before its answer costs nothing, and the server ends with requests unanswered")
        func leaving() throws {
            let control = RecordingControl(answer: nil)
            try withServer(MemoryEngine(text: ["k": "v"]), { $0.loopCount = 2 }) { server in
                server.server.control = control
                let clients = try server.connect(8)
                for client in clients { try client.send(["DATASET", "STATUS"]) }
                #expect(eventually { control.waitingCount == 8 })
                for client in clients { client.reset() }
                #expect(eventually { server.server.connectionCount == 0 })
                control.answerAll(.ok("OK"))
                let last = try server.connect()
                #expect(try last.isAnswered())
                try last.send(["DATASET", "STATUS"])
                #expect(eventually { control.waitingCount == 1 })
            }
            control.answerAll(.ok("OK"))
        }
    }
}
