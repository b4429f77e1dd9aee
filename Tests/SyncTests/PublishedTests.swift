import Datasets
import Foundation
import RESP
import RedisClient
import Testing

@testable import Sync

@Suite("Pointers")
struct PublishedPointerTests {
    private static let digest = SHA256.digest(of: [1, 2, 3].span)

    @Test("What is written is read back")
    func roundTrip() throws {
        let time = try #require(ManifestTime("2026-11-21T03:00:00Z"))
        let pointer = PublishedPointer(versionID: "v1", manifestSHA256: Self.digest, publishedAt: time)
        #expect(PublishedPointer.decode(pointer.encoded()) == pointer)
        #expect(pointer.encoded().last == UInt8(ascii: "\n"))
    }

    @Test(
        "What names no version is no pointer",
        arguments: [
            "", "{}", "null", "[1]", #"{"version_id":"v1"}"#,
            #"{"version_id":"../v1","manifest_sha256":"DIGEST","published_at":"2026-11-21T03:00:00Z"}"#,
            #"{"version_id":"v1","manifest_sha256":"00","published_at":"2026-11-21T03:00:00Z"}"#,
            #"{"version_id":"v1","manifest_sha256":"DIGEST","published_at":"today"}"#,
        ])
    func malformed(text: String) {
        let json = text.replacing("DIGEST", with: Self.digest.description)
        #expect(PublishedPointer.decode(Array(json.utf8)) == nil)
    }
}

@Suite("Manifests from a source")
struct PublishedManifestTests {
    private func manifest(_ files: [(path: String, bytes: Int)]) -> Manifest {
        Manifest(
            versionID: "v1", parent: nil, format: "rocksdb", created: ManifestTime(unixSeconds: 0),
            builder: .init(name: "test", version: "1"), keyCount: 0, minKey: nil, maxKey: nil, valueBytes: nil,
            duplicatesDropped: 0,
            files: files.map {
                Manifest.File(path: $0.path, bytes: $0.bytes, sha256: SHA256.digest(of: [UInt8]().span))
            },
            canaries: [])
    }

    @Test("Files side by side and below one another are taken")
    func sound() {
        let sound = manifest([("a", 1), ("b/c", 2), ("b/d/e", 3), ("b.x", 4)])
        #expect(sound.publicationProblem == nil)
        #expect(sound.fileByteCount == 10)
        #expect(sound.fileDirectories == ["b", "b/d"])
    }

    static let unsound: [[(path: String, bytes: Int)]] = [
        [("a", 1), ("a/b", 1)], [("a/b/c", 1), ("a/b", 1)], [("manifest.json/x", 1)], [("verified.json/x", 1)],
        [(String(repeating: "x", count: 256), 1)], [(Array(repeating: "x", count: 17).joined(separator: "/"), 1)],
        [("a", 1 << 50), ("b", 1)], [("a", .max), ("b", .max)],
    ]

    @Test("What cannot be put on a disk, or would fill any, is not", arguments: unsound.indices)
    func refused(index: Int) {
        #expect(manifest(Self.unsound[index]).publicationProblem != nil)
    }

    @Test("The limits themselves are within")
    func limits() {
        #expect(manifest([("a", 1 << 50)]).publicationProblem == nil)
        #expect(manifest([(String(repeating: "x", count: 255), 1)]).publicationProblem == nil)
        #expect(manifest([(Array(repeating: "x", count: 16).joined(separator: "/"), 1)]).publicationProblem == nil)
    }

    @Test("A manifest of another version is none of this one")
    func anotherVersion() throws {
        let bytes = try manifest([]).encoded()
        #expect(try Manifest.published(bytes, as: "v1", at: "here").versionID == "v1")
        #expect(throws: SyncError.self) { try Manifest.published(bytes, as: "v2", at: "here") }
    }
}

@Suite("A server's reply")
struct ServerReplyTests {
    @Test("A refusal names the version, its kind and the reason")
    func refusal() throws {
        let refusal = try #require(
            RedisLink.refusal(of: "v2", in: "REFUSED v2: guardrail: 20 keys: too few; v1 goes on being served"))
        #expect(refusal.versionID == "v2" && refusal.kind == .guardrail)
        #expect(refusal.reason == "20 keys: too few; v1 goes on being served")
    }

    /// What a server says the first time, and whenever it is asked again.
    private static let refusals = [
        "REFUSED v2: guardrail: 20 keys: too few; RELOAD with FORCE would serve it all the same; v1 goes on being served",
        "REFUSED v2: guardrail: 20 keys: too few; it is quarantined, and RELOAD with FORCE would serve it all the same; "
            + "v1 goes on being served",
    ]

    @Test("A refusal is put on record, the first and those after it", arguments: refusals)
    func recorded(words: String) throws {
        let scratch = try Scratch()
        let link = try scratch.link()
        guard case .refused(let refusal) = try link.answer(.error(words), about: "v2") else {
            Issue.record("taken for something else than a refusal")
            return
        }
        #expect(refusal.versionID == "v2" && refusal.kind == .guardrail)
        #expect(refusal.reason.hasPrefix("20 keys: too few; "))
        #expect(try scratch.directory.refusal(of: "v2") == refusal)
    }

    @Test("A refusal that is on record already stays as it is", arguments: refusals)
    func keptRecord(words: String) throws {
        let scratch = try Scratch()
        let known = Refusal(
            versionID: "v2", kind: .canary, reason: "why", refusedAt: ManifestTime(unixSeconds: 7), by: "test")
        try scratch.directory.quarantine(known)
        #expect(try scratch.link().answer(.error(words), about: "v2") == .refused(known))
        #expect(try scratch.directory.refusal(of: "v2") == known)
    }

    @Test("A refusal of a kind that is not known counts as damage, which nobody can force")
    func unknownKind() {
        #expect(RedisLink.refusal(of: "v2", in: "REFUSED v2: newfangled: x")?.kind == .damaged)
    }

    @Test("Other errors refuse nothing", arguments: ["ERR v2 cannot be served: x", "REFUSED v1: damaged: x", ""])
    func otherErrors(words: String) {
        #expect(RedisLink.refusal(of: "v2", in: words) == nil)
    }

    @Test("Errors that will not pass by themselves are told from those that may")
    func wronglyAsked() {
        #expect(RedisLink.isWronglyAsked("ERR no dataset 'x'; there are: y"))
        #expect(RedisLink.isWronglyAsked("NOAUTH Authentication required."))
        #expect(!RedisLink.isWronglyAsked("LOADING Redis is loading the dataset in memory"))
        #expect(!RedisLink.isWronglyAsked("ERR v2 cannot be served: Input/output error"))
    }
}

/// A data directory of its own for one test, gone with it.
private final class Scratch {
    let directory: DataDirectory

    init() throws {
        directory = DataDirectory(
            path: FileManager.default.temporaryDirectory.appendingPathComponent("almanac-\(UUID())").path)
        try directory.create()
    }

    deinit { try? FileManager.default.removeItem(atPath: directory.path) }

    /// To a server that nobody asks.
    func link() throws -> RedisLink {
        RedisLink(
            address: try RedisAddress("redis://127.0.0.1:1/0"), dataset: nil, directory: directory,
            control: SyncControl())
    }
}
