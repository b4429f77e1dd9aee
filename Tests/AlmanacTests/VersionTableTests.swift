import ArgumentParser
import Datasets
import Testing

@testable import almanac

@Suite("The commands about versions") struct VersionTableTests {
    private static let created = ManifestTime(unixSeconds: 1_795_230_000)

    private func manifest(_ id: String, bytes: Int = 1_000) throws -> Manifest {
        let digest = try #require(SHA256Digest(hexadecimal: String(repeating: "a", count: 64)))
        return Manifest(
            versionID: id, parent: "parent-of-\(id)", format: "rocksdb", created: Self.created,
            builder: .init(name: "test", version: "1"), keyCount: 12, minKey: nil, maxKey: nil, valueBytes: nil,
            duplicatesDropped: 0, files: [.init(path: "a", bytes: bytes, sha256: digest)], canaries: [])
    }

    @Test("print the newest version first, numbers to the right, and reasons below")
    func table() throws {
        var current = VersionEntry(versionID: "1", place: .versions, manifest: try manifest("1"))
        current.isCurrent = true
        current.isPinned = true
        var refused = VersionEntry(versionID: "2", place: .versions, manifest: try manifest("2", bytes: 20))
        refused.refusal = Refusal(
            versionID: "2", kind: .canary, reason: "key \"a\" is wrong", refusedAt: Self.created, by: "test")
        let coming = VersionEntry(
            versionID: "3", place: .incoming(bytes: 399, of: 1_000), manifest: try manifest("3"))
        let now = ManifestTime(unixSeconds: Self.created.unixSeconds + 3_600)
        #expect(
            VersionTable.text([coming, refused, current].map { VersionRow($0) }, now: now) == """
                VERSION  STATE                 KEYS  BYTES  CREATED               AGE
                3        incoming 39 %           12   1000  2026-11-21T03:00:00Z  60m
                2        quarantined (canary)    12     20  2026-11-21T03:00:00Z  60m
                1        current, pinned         12   1000  2026-11-21T03:00:00Z  60m

                2: canary: key "a" is wrong
                """)
        #expect(VersionTable.text([], now: now) == "no versions")
    }

    @Test("leave out of JSON what is not known")
    func json() throws {
        let gone = VersionEntry(versionID: "1", place: .nowhere)
        #expect(
            try VersionTable.json([VersionRow(gone)]) == """
                [
                  {
                    "state" : "not on disk",
                    "version_id" : "1"
                  }
                ]
                """)
    }

    static let ages: [(Int64, String)] = [
        (-5, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (7_199, "119m"), (7_200, "2h"), (172_799, "47h"),
        (172_800, "2d"), (86_400 * 400, "400d"),
    ]

    @Test("tell an age in the unit that suits it", arguments: ages)
    func age(_ seconds: Int64, _ text: String) {
        #expect(VersionTable.age(seconds) == text)
    }

    @Test("take a directory and perhaps a version")
    func arguments() throws {
        func parts(_ words: String...) throws -> [String?] {
            let (path, version) = try RollbackCommand.parse(words).arguments.parts(takesVersion: true)
            return [path, version]
        }
        #expect(try parts("d") == ["d", nil])
        #expect(try parts("d", "v1", "--reason", "empty prices", "--force") == ["d", "v1"])
        #expect(try parts("--server", "redis://h/1") == [nil, nil])
        #expect(try parts("v1", "--server", "redis://h/1", "--dataset", "users") == [nil, "v1"])
        for words in [
            [], ["d", "v1", "x"], ["d", "--force"], ["d", "--dataset", "users"], ["v1", "x", "--server", "h"],
            ["v1", "--server", "h", "--force"], ["--server", "h", "--reason", "x"],
        ] {
            #expect(throws: (any Error).self) { try RollbackCommand.parse(words) }
        }
        for words in [[], ["d", "v1"], ["v1", "--server", "h"]] {
            #expect(throws: (any Error).self) { try UnpinCommand.parse(words) }
            #expect(throws: (any Error).self) { try VersionsCommand.parse(words) }
        }
    }

    static let commands: [any ParsableCommand.Type] = [
        VersionsCommand.self, RollbackCommand.self, PinCommand.self, UnpinCommand.self, KeygenCommand.self,
        SignCommand.self,
    ]

    @Test("explain themselves within 80 columns", arguments: commands)
    func help(_ command: any ParsableCommand.Type) {
        let text = Almanac.helpMessage(for: command, columns: 80)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
        for word in ["EXAMPLES", "EXIT CODES", "almanac \(command._commandName)"] { #expect(text.contains(word)) }
    }
}
