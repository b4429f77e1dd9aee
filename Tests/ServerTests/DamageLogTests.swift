import Datasets
import Logging
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Commands
@testable import Server

@Suite struct DamageLogTests {
    private final class Lines: Sendable {
        let metadata = Mutex<[Logger.Metadata]>([])
    }

    private struct Recorder: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.metadata.withLock { $0.append(event.metadata ?? [:]) } }
    }

    private static let version = DatasetVersion(id: "7", engine: MemoryEngine(text: [:]))

    private func damage(_ key: [UInt8]?) -> Damage {
        Damage(
            cause: EngineError(operation: "get", kind: .damaged, message: "bad block"), version: Self.version,
            dataset: "users", key: key)
    }

    @Test("There is one line a second, which counts those left out")
    func rate() {
        let lines = Lines()
        let log = DamageLog(Logger(label: "test") { _ in Recorder(lines: lines) })
        for millisecond: UInt64 in 0..<2_500 { log.note(damage([107]), now: millisecond * 1_000_000) }
        let seen = lines.metadata.withLock { $0 }
        #expect(seen.count == 3)
        #expect(seen.map { $0["others-since"] } == [nil, "999", "999"])
        #expect(seen[0] == ["dataset": "users", "version": "7", "cause": "get: bad block", "key": "k"])
    }

    @Test("Keys are shown in printable form, and cut")
    func keys() {
        #expect(damage(nil).printableKey == nil)
        #expect(damage([]).printableKey?.isEmpty == true)
        #expect(damage([97, 10, 255, 92, 126]).printableKey == "a\\x0a\\xff\\x5c~")
        #expect(damage([UInt8](repeating: 98, count: 64)).printableKey == String(repeating: "b", count: 64))
        let long = damage([UInt8](repeating: 98, count: 65)).printableKey
        #expect(long == String(repeating: "b", count: 64) + "... (65 bytes)")
    }
}
