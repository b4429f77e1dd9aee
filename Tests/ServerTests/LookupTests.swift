import Commands
import Datasets
import Platform
import Server
import Storage
import Synchronization
import TestSupport
import Testing

extension ServerTests {
    @Suite("A look-up by hand") struct LookupTests {
        @Test("tells a hit, a miss and damage, and counts as nobody's request")
        func results() throws {
            var behaviour = MemoryEngine.Behaviour()
            behaviour.damagedKeys = [Array("bad".utf8)]
            let engine = MemoryEngine(text: ["key": "a value", "bad": "x", "empty": ""], behaviour: behaviour)
            try withServer(engine) { server in
                let observer = server.server.observer
                func result(_ key: String, _ valueBytesMax: Int = 100) -> KeyFinding.Result? {
                    observer.lookUp(Array(key.utf8), in: 0, valueBytesMax: valueBytesMax)?.result
                }
                #expect(result("key") == .hit(byteCount: 7, first: Array("a value".utf8)))
                #expect(result("key", 1) == .hit(byteCount: 7, first: Array("a".utf8)))
                #expect(result("empty") == .hit(byteCount: 0, first: []))
                #expect(result("none") == .miss)
                guard case .damaged = result("bad") else { return #expect(Bool(false), "damage is no miss") }
                #expect(observer.lookUp([], in: 0, valueBytesMax: 1)?.versionID == "1")
                #expect(observer.lookUp([], in: 1, valueBytesMax: 1) == nil)
                #expect(observer.facts().keyspaceHits == 0 && observer.facts().keyspaceMisses == 0)
            }
        }

        @Test("holds the version that it reads until it has its answer")
        func holds() throws {
            let gate = Gate()
            var behaviour = MemoryEngine.Behaviour()
            behaviour.beforeDiskRead = { _ in gate.wait() }
            let answers = Answers()
            // Nobody here may keep it open.
            let catalog = Catalog(
                names: ["test"],
                versions: [
                    DatasetVersion(
                        id: "1",
                        engine: MemoryEngine(text: ["key": "old"], behaviour: behaviour) { answers.noteClosed() })
                ])
            let server = try Server(
                settings: TestServer.settings { _ in }, catalog: catalog, logger: TestServer.silentLogger)
            let observer = server.observer
            let thread = try Thread(name: "asker") {
                answers.note(observer.lookUp(Array("key".utf8), in: 0, valueBytesMax: 10))
            }
            #expect(eventually { gate.waitingCount == 1 })
            _ = catalog.publish(DatasetVersion(id: "2", engine: MemoryEngine(text: ["key": "new"])), in: 0)
            #expect(!answers.isClosed)
            gate.open()
            thread.join()
            #expect(answers.finding?.versionID == "1")
            #expect(answers.finding?.result == .hit(byteCount: 3, first: Array("old".utf8)))
            #expect(observer.lookUp(Array("key".utf8), in: 0, valueBytesMax: 10)?.versionID == "2")
            #expect(answers.isClosed)
        }
    }
}

/// What a thread found, and whether the engine has been closed.
private final class Answers: Sendable {
    private let state = Mutex<(finding: KeyFinding?, isClosed: Bool)>((nil, false))

    var finding: KeyFinding? { state.withLock { $0.finding } }
    var isClosed: Bool { state.withLock { $0.isClosed } }

    func note(_ finding: KeyFinding?) { state.withLock { $0.finding = finding } }

    func noteClosed() { state.withLock { $0.isClosed = true } }
}
