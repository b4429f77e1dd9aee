import Commands
import Platform
import Server
import Settings
import TestSupport
import Testing
import Tracing

extension ServerTests {
    /// Traces, slow requests and hot keys of a running server.
    @Suite("Looking in")
    struct LookingIn {
        private static func engine(_ gate: Gate) -> MemoryEngine {
            var behaviour = MemoryEngine.Behaviour()
            behaviour.coldKeys = [Array("cold".utf8)]
            behaviour.beforeDiskRead = { _ in gate.wait() }
            return MemoryEngine(text: ["warm": "w", "cold": "c"], behaviour: behaviour)
        }

        private func events(_ trace: Trace, of track: String, _ kind: TraceEvent.Kind) -> [TraceEvent] {
            trace.tracks.first { $0.name == track }?.events.filter { $0.kind == kind } ?? []
        }

        @Test("A trace has the turns of a loop with their parts, the jobs of readers and requests by themselves")
        func trace() throws {
            let gate = Gate()
            try withServer(Self.engine(gate)) { server in
                defer { gate.open() }
                let observer = server.server.observer
                let client = try server.connect()
                let waiting = try server.connect()
                #expect(try client.isAnswered() && waiting.isAnswered())
                #expect(observer.tracer.begin(sampleInterval: 1))
                try waiting.send(["GET", "cold"])
                #expect(eventually { gate.waitingCount == 1 })
                try client.send(request(["MGET", "warm", "nosuch"]) + request(["PING"]))
                #expect(try client.receives("*2\r\n$1\r\nw\r\n$-1\r\n+PONG\r\n"))
                gate.open()
                #expect(try waiting.receives("$1\r\nc\r\n"))
                // What a turn notes is there once the next turn has begun.
                for _ in 0..<2 { #expect(try client.isAnswered()) }
                let trace = observer.tracer.end()

                let turns = events(trace, of: "loop-0", .turn)
                #expect(turns.count >= 3)
                #expect(zip(turns, turns.dropFirst()).allSatisfy { $0.end <= $1.start })
                for kind in [TraceEvent.Kind.receive, .lookUp, .answer, .send] {
                    let parts = events(trace, of: "loop-0", kind)
                    #expect(!parts.isEmpty, "\(kind)")
                    // The trace may have ended in the middle of a turn, which is then not in it.
                    let last = try #require(turns.last)
                    let ofWholeTurns = parts.filter { $0.start < last.end }
                    #expect(!ofWholeTurns.isEmpty, "\(kind)")
                    for part in ofWholeTurns {
                        #expect(turns.contains { $0.start <= part.start && part.end <= $0.end }, "\(kind)")
                    }
                }
                #expect(events(trace, of: "loop-0", .wait).count >= 2)
                let jobs = trace.tracks.flatMap(\.events).filter { $0.kind == .job }
                #expect(jobs.map { trace.names[$0.first] } == ["ColdLookupJob"])
                let requests = events(trace, of: "requests of loop-0", .request)
                let names = requests.map { observer.commandName($0.first) }
                #expect(names.contains("mget") && names.contains("get") && names.contains("ping"))
                let mget = try #require(requests.first { observer.commandName($0.first) == "mget" })
                #expect(mget.second == 2 && mget.start <= mget.lookUpStart && mget.lookUpEnd <= mget.end)
                let get = try #require(requests.first { observer.commandName($0.first) == "get" })
                let job = try #require(jobs.first)
                #expect(get.start <= job.start && job.end <= get.end)
                #expect(!observer.tracer.isArmed)
            }
        }

        @Test("A second trace at a time is refused, and the end of the server ends the first")
        func oneAtATime() throws {
            try withServer(MemoryEngine(text: ["k": "v"])) { server in
                let observer = server.server.observer
                let thread = try Thread(name: "trace") {
                    let trace = observer.trace(nanoseconds: 60_000_000_000, sampleInterval: 0)
                    #expect(trace?.counts.contains { $0.name == "connections" } == true)
                }
                #expect(eventually { observer.tracer.isArmed })
                #expect(observer.trace(nanoseconds: 1, sampleInterval: 0) == nil)
                server.server.drain()
                thread.join()
                #expect(!observer.tracer.isArmed)
            }
        }

        @Test("A slow request tells how long it waited for a reader and the disk, and what it was answered from")
        func slowRequests() throws {
            let gate = Gate()
            try withServer(Self.engine(gate), { $0.slowLogMicroseconds = 0 }) { server in
                defer { gate.open() }
                let client = try server.connect()
                try client.send(["GET", "cold"])
                #expect(eventually { gate.waitingCount == 1 })
                gate.open()
                #expect(try client.receives("$1\r\nc\r\n"))
                try client.send(["MGET", "warm", "nosuch"])
                #expect(try client.receives("*2\r\n$1\r\nw\r\n$-1\r\n"))
                let observer = server.server.observer
                // A turn is noted once its replies have been sent.
                #expect(eventually { observer.slowRequests.contains { $0.arguments.first == Array("MGET".utf8) } })
                let slow = observer.slowRequests
                let cold = try #require(slow.first { $0.arguments.last == Array("cold".utf8) })
                #expect(cold.phases.map(\.name) == [.readerQueue, .disk, .handOver])
                #expect(cold.versionID == "1")
                let warm = try #require(slow.first { $0.arguments.first == Array("MGET".utf8) })
                #expect(warm.phases.map(\.name) == [.queue, .lookUp, .write])
                #expect(warm.versionID == "1")
                // Each part is rounded down.
                for entry in [cold, warm] {
                    let sum = entry.phases.reduce(0) { $0 + $1.microseconds }
                    #expect(entry.microseconds - 3...entry.microseconds ~= sum)
                }
            }
        }

        @Test("Keys that are asked for most come first, over all loops")
        func hotKeys() throws {
            try withServer(MemoryEngine(text: ["hot": "h", "other": "o"]), { $0.loopCount = 2 }) { server in
                let observer = server.server.observer
                #expect(observer.hotKeys(database: 0, count: 10).isEmpty)
                let clients = try server.connect(4)
                let found = try eventually {
                    for client in clients {
                        for key in ["hot", "hot", "hot", "other"] {
                            try client.send(["EXISTS", key])
                            #expect(try client.receives(":1\r\n"))
                        }
                    }
                    let keys = observer.hotKeys(database: 0, count: 10)
                    return keys.map(\.key) == [Array("hot".utf8), Array("other".utf8)] && keys[0].share > keys[1].share
                }
                #expect(found)
                let keys = observer.hotKeys(database: 0, count: 10)
                #expect(abs(keys.reduce(0) { $0 + $1.share } - 1) < 0.001)
                #expect(observer.hotKeys(database: 0, count: 1).count == 1)
                #expect(observer.hotKeys(database: 7, count: 10).isEmpty)
            }
        }
    }
}
