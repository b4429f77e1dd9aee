import DatasetInspection
import Datasets
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct VerificationTests {
    private let fixture: VersionFixture

    init() throws { fixture = try VersionFixture() }

    private func verify(
        quick: Bool = false, _ behaviour: MemoryEngine.Behaviour = MemoryEngine.Behaviour()
    ) -> VerificationReport {
        let engine = MemoryEngine(text: fixture.rows, behaviour: behaviour)
        return Verification(directory: fixture.path, isQuick: quick) { _ in engine }.run()
    }

    @Test(arguments: [false, true]) func `A sound version has no problems`(quick: Bool) throws {
        try fixture.writeManifest { _ in }
        let report = verify(quick: quick)
        #expect(report.problems == [])
        #expect(report.versionID == "v1" && report.hasManifest)
        #expect(report.keyCount == 4 && report.canaryCount == 2 && report.fileCount == 2)
        #expect(report.valueBytes == (quick ? nil : 6))
    }

    struct Lie: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let problem: String
        let isSeenQuickly: Bool
        let tell: @Sendable (inout Manifest) -> Void
    }

    private static func key(_ text: String) -> ManifestKey { ManifestKey(Array(text.utf8)) }

    static let lies: [Lie] = [
        Lie(testDescription: "number of keys", problem: "4, the manifest says 5", isSeenQuickly: true) {
            $0.keyCount = 5
        },
        Lie(testDescription: "first key", problem: "first key: a, the manifest says A", isSeenQuickly: false) {
            $0.minKey = key("A")
        },
        Lie(testDescription: "last key", problem: "last key: d, the manifest says e", isSeenQuickly: false) {
            $0.maxKey = key("e")
        },
        Lie(testDescription: "bytes of values", problem: "6, the manifest says 9", isSeenQuickly: false) {
            $0.valueBytes?.total = 9
        },
        Lie(testDescription: "a canary's value", problem: "canary a: its value has SHA-256", isSeenQuickly: true) {
            $0.canaries[0].sha256 = SHA256.digest(of: [1].span)
        },
        Lie(testDescription: "an absent canary", problem: "canary b: is there, and must be absent", isSeenQuickly: true)
        {
            $0.canaries.append(.init(key: key("b"), sha256: nil))
        },
        Lie(testDescription: "a canary that is missing", problem: "canary x: is missing", isSeenQuickly: true) {
            $0.canaries.append(.init(key: key("x"), sha256: SHA256.digest(of: [1].span)))
        },
        Lie(testDescription: "a size", problem: "one: has 3 bytes, the manifest says 4", isSeenQuickly: true) {
            $0.files[0].bytes = 4
        },
        Lie(testDescription: "a digest", problem: "one: has SHA-256", isSeenQuickly: false) {
            $0.files[0].sha256 = SHA256.digest(of: [1].span)
        },
        Lie(testDescription: "a missing file", problem: "two: missing", isSeenQuickly: true) {
            $0.files.append(.init(path: "two", bytes: 1, sha256: SHA256.digest(of: [1].span)))
        },
        Lie(testDescription: "an unlisted file", problem: "one: not in the manifest", isSeenQuickly: true) {
            $0.files.removeFirst()
        },
    ]

    @Test(arguments: lies, [true, false]) func `What the manifest says and is not so is one problem`(lie: Lie, isOrdered: Bool) throws {
        try fixture.writeManifest(lie.tell)
        var behaviour = MemoryEngine.Behaviour()
        behaviour.isOrdered = isOrdered
        let report = verify(behaviour)
        #expect(report.problems.count == 1, "\(report.problems)")
        #expect(report.problems.first?.description.contains(lie.problem) == true, "\(report.problems)")
        #expect(report.problems.first?.isInputOutput == false)
        #expect(verify(quick: true, behaviour).problems.isEmpty != lie.isSeenQuickly)
    }

    @Test func `A damaged row and a damaged canary are problems`() throws {
        try fixture.writeManifest { _ in }
        var behaviour = MemoryEngine.Behaviour()
        behaviour.damagedKeys = [[99]]
        #expect(verify(behaviour).problems.map(\.description) == ["\(fixture.path): told to fail"])
        behaviour.damagedKeys = [[97]]
        #expect(
            verify(quick: true, behaviour).problems.map(\.description) == ["canary a: cannot be read: told to fail"])
    }

    @Test func `A manifest that cannot be understood is a problem`() throws {
        try Data("{}".utf8).write(to: URL(fileURLWithPath: fixture.path + "/manifest.json"))
        #expect(verify().problems.count == 1)
        #expect(verify().problems.first?.description.hasPrefix(fixture.path + "/manifest.json: ") == true)
    }

    @Test func `Without a manifest, rows are read all the same`() throws {
        let report = verify()
        #expect(report.problems == [] && !report.hasManifest && report.keyCount == 4)
        var behaviour = MemoryEngine.Behaviour()
        behaviour.damagedKeys = [[99]]
        #expect(verify(behaviour).problems.count == 1)
    }

    @Test func `An engine that does not open is a problem of its kind`() throws {
        for (kind, isInputOutput) in [(EngineError.Kind.damaged, false), (.io, true)] {
            let report = Verification(directory: fixture.path) { _ throws(EngineError) in
                throw EngineError(operation: "open", kind: kind, message: "no")
            }.run()
            #expect(report.problems.map(\.isInputOutput) == [isInputOutput])
        }
    }
}

/// A directory with two files in it, and rows and a manifest that fit them.
final class VersionFixture: Sendable {
    let path: String
    let rows = ["a": "11", "b": "2", "c": "333", "d": ""]

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("almanac-version-\(UUID())").path
        try FileManager.default.createDirectory(atPath: path + "/below", withIntermediateDirectories: true)
        try Data("one".utf8).write(to: URL(fileURLWithPath: path + "/one"))
        try Data("another".utf8).write(to: URL(fileURLWithPath: path + "/below/another"))
    }

    deinit {
        // What cannot be removed is left to the system's own cleaning.
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a manifest that is right but for what `change` makes of it, and removes the files where none lists them.
    func writeManifest(_ change: (inout Manifest) -> Void) throws {
        func file(_ name: String, _ content: String) -> Manifest.File {
            let bytes = Array(content.utf8)
            return Manifest.File(path: name, bytes: bytes.count, sha256: SHA256.digest(of: bytes.span))
        }
        let first: [UInt8] = Array("11".utf8)
        var manifest = Manifest(
            versionID: "v1", parent: nil, format: "memory", created: ManifestTime(unixSeconds: 0),
            builder: Manifest.Builder(name: "test", version: "1"), keyCount: 4, minKey: ManifestKey([97]),
            maxKey: ManifestKey([100]),
            valueBytes: Manifest.ValueSizes(total: 6, min: 0, p50: 1, p90: 3, p99: 3, p999: 3, max: 3),
            duplicatesDropped: 0, files: [file("one", "one"), file("below/another", "another")],
            canaries: [
                Manifest.Canary(key: ManifestKey([97]), sha256: SHA256.digest(of: first.span)),
                Manifest.Canary(key: ManifestKey([120, 121]), sha256: nil),
            ])
        change(&manifest)
        try Data(try manifest.encoded()).write(to: URL(fileURLWithPath: path + "/" + Manifest.fileName))
    }
}
