import Commands
import Datasets
import Glibc
import Platform
import Server
import Settings
import Synchronization
import TestSupport
import Testing

extension ServerTests {
    /// Swaps as the control thread does them: views made and warmed beforehand, retired ones dropped by it.
    @Suite("Swaps")
    struct Swaps {
        /// Where engines closed.
        private final class Closings: Sendable {
            let total = Atomic<Int>(0)
            let elsewhere = Atomic<Int>(0)

            func note(expected: pthread_t) {
                if pthread_self() != expected { elsewhere.add(1, ordering: .relaxed) }
                total.add(1, ordering: .relaxed)
            }
        }

        /// Lets go of the versions that nobody else holds.
        private static func close(_ retired: inout [DatasetVersion], _ server: Server) {
            server.exchange.discardRetired()
            for index in retired.indices.reversed() where isKnownUniquelyReferenced(&retired[index]) {
                retired.remove(at: index)
            }
        }

        @Test(
            "Replies are of one version each over 200 swaps, and engines close on the control thread",
            arguments: [1, 2])
        func underLoad(loopCount: Int) throws {
            let settings = { (settings: inout ServerSettings) in
                settings.loopCount = loopCount
                settings.rowCacheBytes = 16 << 20
            }
            let closings = Closings()
            try withServer(MemoryEngine(text: [:]), settings) { server in
                let control = pthread_self()
                var retired: [DatasetVersion] = []
                func swap(to number: Int) {
                    let version = Publishing.version(number) { closings.note(expected: control) }
                    let views = server.server.exchange.makeViews(for: version)
                    #expect(views.count == loopCount)
                    for view in views {
                        #expect(view.warm(keys: server.server.exchange.sampleOfKeys(in: 0)).damagedCount == 0)
                    }
                    retired.append(server.server.exchange.adopt(version, views: views, in: 0))
                    Self.close(&retired, server.server)
                }
                swap(to: 0)
                let observations = Publishing.Observations()
                let port = server.server.port
                let threads = try (0..<4).map { number in
                    try Thread(name: "hammer-\(number)") {
                        do {
                            try Publishing.hammer(port, observations)
                        } catch {
                            observations.problems.withLock { $0.append("\(error)") }
                        }
                    }
                }
                for number in 1...200 {
                    swap(to: number)
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
                #expect(
                    eventually {
                        Self.close(&retired, server.server)
                        return retired.isEmpty
                    })
                #expect(closings.total.load(ordering: .relaxed) == 200)
                #expect(closings.elsewhere.load(ordering: .relaxed) == 0)
            }
        }

        @Test("Once a swap returns, every loop answers from the new version")
        func completeness() throws {
            try withServer(MemoryEngine(text: ["k": "0"]), { $0.loopCount = 3 }) { server in
                let clients = try server.connect(9)
                for number in 1...100 {
                    let version = DatasetVersion(id: "\(number)", engine: MemoryEngine(text: ["k": "\(number)"]))
                    let replaced = server.server.exchange.adopt(
                        version, views: server.server.exchange.makeViews(for: version), in: 0)
                    #expect(replaced.id == (number == 1 ? "1" : "\(number - 1)"))
                    for client in clients { #expect(try client.ask("GET", "k") == "\(number)") }
                }
            }
        }

        @Test("A version that comes back is answered from, and what it replaced can be let go of")
        func rollback() throws {
            try withServer(
                MemoryEngine(text: ["k": "first"]),
                {
                    $0.loopCount = 2; $0.rowCacheBytes = 8 << 20
                }
            ) { server in
                let clients = try server.connect(4)
                let second = DatasetVersion(id: "2", engine: MemoryEngine(text: ["k": "second"]))
                var first: DatasetVersion? = server.server.exchange.adopt(
                    second, views: server.server.exchange.makeViews(for: second), in: 0)
                for _ in 0..<10 {
                    guard let back = first else { return }
                    let other = server.server.exchange.adopt(
                        back, views: server.server.exchange.makeViews(for: back), in: 0)
                    #expect(other === second)
                    for client in clients { #expect(try client.ask("GET", "k") == "first") }
                    first = server.server.exchange.adopt(second, views: [], in: 0)
                    for client in clients { #expect(try client.ask("GET", "k") == "second") }
                }
                #expect(server.server.exchange.discardRetired() > 0)
                #expect(isKnownUniquelyReferenced(&first))
            }
        }

        @Test("The keys lately asked for are known, each once, from all loops and for each dataset")
        func sample() throws {
            try withServer(MemoryEngine(text: ["k": "0"]), { $0.loopCount = 2 }) { server in
                #expect(server.server.exchange.sampleOfKeys(in: 0).isEmpty)
                let clients = try server.connect(4)
                let areAllSampled = try eventually {
                    for number in 0..<40 {
                        try clients[number % 4].send(
                            request(["GET", "key\(number)"]) + request(["GET", String(repeating: "x", count: 600)]))
                        _ = try clients[number % 4].receives("$-1\r\n$-1\r\n")
                    }
                    let keys = server.server.exchange.sampleOfKeys(in: 0).map { String(decoding: $0, as: UTF8.self) }
                    return (0..<40).allSatisfy { keys.contains("key\($0)") }
                }
                #expect(areAllSampled)
                let keys = server.server.exchange.sampleOfKeys(in: 0)
                #expect(Set(keys).count == keys.count)
                #expect(server.server.exchange.sampleOfKeys(in: 0).allSatisfy { $0.count <= 512 })
            }
        }
    }
}
