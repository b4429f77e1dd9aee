import Datasets
import Platform
import Server
import Settings
import Storage
import Synchronization
import TestSupport
import Testing

extension ServerTests {
    /// Versions that change under load.
    @Suite("Publishing")
    struct Publishing {
        static let keyCount = 50

        /// A version whose every value names it.
        static func version(_ number: Int, onClose: (@Sendable () -> Void)? = nil) -> DatasetVersion {
            let entries = Dictionary(
                uniqueKeysWithValues: (0..<keyCount).map { ("key\($0)", "version \(number)") })
            // Some keys go by way of the readers, in every version.
            var behaviour = MemoryEngine.Behaviour()
            behaviour.coldKeys = [Array("key7".utf8), Array("key31".utf8)]
            behaviour.warmsOnRead = false
            return DatasetVersion(
                id: "\(number)", engine: MemoryEngine(text: entries, behaviour: behaviour, onClose: onClose))
        }

        private struct Weak {
            weak var engine: (any Engine)?
        }

        /// What readers saw, until they are told to end.
        final class Observations: Sendable {
            let isEnding = Atomic<Bool>(false)
            let replyCount = Atomic<Int>(0)
            let seen = Mutex<Set<String>>([])
            let problems = Mutex<[String]>([])
        }

        /// Asks until told to end; each reply, and each transaction, must be of one version.
        static func hammer(_ port: UInt16, _ observations: Observations) throws {
            let client = try TestClient(port: port)
            let keys = (0..<600).map { "key\($0 % keyCount)" }
            let many = request(["MGET"] + keys)
            let few = request(["MGET"] + keys.prefix(20))
            let transaction =
                request(["MULTI"]) + keys.prefix(40).flatMap { request(["GET", $0]) } + request(["EXEC"])
            let single = (0..<10).flatMap { request(["GET", "key\($0)"]) }
            while !observations.isEnding.load(ordering: .relaxed) {
                try client.send(many + few + transaction + single)
                for count in [600, 20] {
                    guard try client.receiveLine() == "*\(count)" else {
                        throw TestClient.Failure(description: "array")
                    }
                    try note(count, client, observations)
                }
                for _ in 0..<41 { _ = try client.receiveLine() }  // OK, and QUEUED for each.
                guard try client.receiveLine() == "*40" else { throw TestClient.Failure(description: "transaction") }
                try note(40, client, observations)
                for _ in 0..<10 { try note(1, client, observations) }
            }
        }

        private static func note(_ count: Int, _ client: TestClient, _ observations: Observations) throws {
            var versions: Set<String> = []
            for _ in 0..<count { versions.insert(String(decoding: try client.receiveBulk(), as: UTF8.self)) }
            if versions.count != 1 { observations.problems.withLock { $0.append("\(versions.sorted())") } }
            observations.seen.withLock { $0.formUnion(versions) }
            observations.replyCount.add(1, ordering: .relaxed)
        }

        @Test("Each reply is of one version while 200 follow each other, and old engines close", arguments: [1, 2])
        func underLoad(loopCount: Int) throws {
            try withServer(MemoryEngine(text: [:]), { $0.loopCount = loopCount }) { server in
                var engines: [Weak] = []
                func publish(_ number: Int) {
                    let version = Self.version(number)
                    engines.append(Weak(engine: version.engine))
                    // Dropped at once: the last reader of the old version pays for its closing here.
                    _ = server.catalog.publish(version, in: 0)
                    server.server.announceVersions()
                }
                publish(0)
                let observations = Observations()
                let port = server.server.port
                let threads = try (0..<4).map { number in
                    try Thread(name: "hammer-\(number)") {
                        do {
                            try Self.hammer(port, observations)
                        } catch {
                            observations.problems.withLock { $0.append("\(error)") }
                        }
                    }
                }
                for number in 1...200 {
                    publish(number)
                    let count = observations.replyCount.load(ordering: .relaxed)
                    #expect(
                        eventually {
                            observations.replyCount.load(ordering: .relaxed) > count
                                || observations.problems.withLock { !$0.isEmpty }
                        })
                }
                #expect(eventually { observations.seen.withLock { $0.contains("version 200") } })
                observations.isEnding.store(true, ordering: .relaxed)
                for thread in threads { thread.join() }
                #expect(observations.problems.withLock { $0 } == [])
                #expect(observations.seen.withLock { $0.count } > 20)
                #expect(eventually { engines.dropLast().allSatisfy { $0.engine == nil } })
                #expect(engines.last?.engine != nil)
            }
        }

        @Test("Loops and connections that have nothing to do let go of a version that was replaced")
        func idleLoops() throws {
            try withServer(MemoryEngine(text: [:]), { $0.loopCount = 2 }) { server in
                weak var engine: (any Engine)?
                do {
                    let version = Self.version(1)
                    engine = version.engine
                    _ = server.catalog.publish(version, in: 0)
                    server.server.announceVersions()
                }
                let clients = try server.connect(8)
                for client in clients {
                    // Resident, cold, in pieces, a walk, a transaction: all that may hold a version.
                    try client.send(
                        request(["GET", "key1"]) + request(["GET", "key7"]) + request(["SCAN", "0", "COUNT", "5"])
                            + request(["MULTI"]) + request(["GET", "key1"]) + request(["EXEC"])
                            + request(["EXISTS"] + Array(repeating: "key1", count: 600)))
                    #expect(try client.receives(bulk("version 1") + bulk("version 1") + Array("*2\r\n".utf8)))
                    _ = try client.receiveBulk()
                    #expect(try client.receiveLine() == "*5")
                    for _ in 0..<5 { _ = try client.receiveBulk() }
                    #expect(try client.receives("+OK\r\n+QUEUED\r\n*1\r\n$9\r\nversion 1\r\n:600\r\n"))
                }
                #expect(engine != nil)
                _ = server.catalog.publish(Self.version(2), in: 0)
                server.server.announceVersions()
                #expect(eventually { engine == nil })
                for client in clients {
                    try client.send(["GET", "key1"])
                    #expect(try client.receives(bulk("version 2")))
                }
            }
        }

        @Test("A reply that has begun goes on from the version it began with")
        func replyInTheMiddle() throws {
            let value = String(repeating: "a", count: 4 << 20)
            let other = String(repeating: "b", count: 4 << 20)
            try withServer(MemoryEngine(text: [:])) { server in
                weak var engine: (any Engine)?
                do {
                    let first = DatasetVersion(id: "1", engine: MemoryEngine(text: ["key": value]))
                    engine = first.engine
                    _ = server.catalog.publish(first, in: 0)
                    server.server.announceVersions()
                }
                let observer = try server.connect()
                let client = try server.connect()
                // More keys than one turn takes, so most are looked up after the change.
                try client.send(["MGET"] + Array(repeating: "key", count: 12) + Array(repeating: "none", count: 600))
                #expect(try client.receives("*612\r\n"))
                #expect(try eventually { try ClientLine.all(observer).contains { $0["omem"] != "0" } })
                let next = MemoryEngine(text: ["key": other, "none": "now there"])
                _ = server.catalog.publish(DatasetVersion(id: "2", engine: next), in: 0)
                server.server.announceVersions()
                try observer.send(["GET", "none"])
                #expect(try observer.receives(bulk("now there")))
                #expect(engine != nil)
                let reply = bulk(value)
                for _ in 0..<12 { #expect(try client.receives(reply)) }
                #expect(try client.receives(String(repeating: "$-1\r\n", count: 600)))
                #expect(eventually { engine == nil })
                try client.send(["GET", "none"])
                #expect(try client.receives(bulk("now there")))
            }
        }
    }
}
