import Foundation
import Testing

@testable import Datasets

@Suite("The records of a data directory") struct DataDirectoryRecordsTests {
    @Test("keep a refusal until it is released")
    func quarantine() throws {
        let fixture = try DataDirectoryFixture()
        let directory = fixture.directory
        var refusal = fixture.refusal("1", .canary)
        refusal.manifestSHA256 = SHA256.digest(of: [1].span)
        #expect(try directory.refusal(of: "1") == nil)
        try directory.quarantine(refusal)
        #expect(try directory.refusal(of: "1") == refusal)
        refusal.reason = "another reason, with \"quotes\" and\nlines"
        try directory.quarantine(refusal)
        try directory.quarantine(fixture.refusal("2"))
        #expect(try directory.refusals() == [refusal, fixture.refusal("2")])
        #expect(try fixture.names("quarantine") == ["1.json", "2.json"])
        try directory.release("1")
        try directory.release("1")
        #expect(try directory.refusals() == [fixture.refusal("2")])
    }

    @Test(
        "refuse a version by a file that cannot be understood",
        arguments: [
            "", "{", "null", "[]", "{}", "\u{0}", #"{"version_id": "1"}"#,
            #"{"by": "x", "kind": "unheard-of", "reason": "", "refused_at": "2026-11-21T03:00:00Z", "version_id": "1"}"#,
        ])
    func damagedRefusal(_ text: String) throws {
        let fixture = try DataDirectoryFixture()
        try fixture.put(text, at: "quarantine/1.json")
        let refusal = try #require(try fixture.directory.refusal(of: "1"))
        #expect(refusal.versionID == "1" && refusal.kind == .damaged)
        let path = fixture.directory.quarantinePath + "/1.json"
        #expect(refusal.reason == "\(path) cannot be understood; once it is removed, the version can be tried again")
        #expect(!refusal.kind.canBeForced)
        #expect(try fixture.directory.refusals() == [refusal])
    }

    @Test("refuse a version by what is no file at all, without waiting", arguments: ["directory", "pipe", "large"])
    func strangeRefusal(_ form: String) throws {
        let fixture = try DataDirectoryFixture()
        let path = fixture.directory.quarantinePath + "/1.json"
        switch form {
        case "directory": try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        case "pipe": try #require(unsafe mkfifo(path, 0o644) == 0)
        default: try fixture.put(String(repeating: " ", count: (1 << 20) + 1), at: "quarantine/1.json")
        }
        #expect(try fixture.directory.refusals().map(\.versionID) == ["1"])
    }

    @Test("refuse the version that the file is named after, whatever it says inside")
    func misnamedRefusal() throws {
        let fixture = try DataDirectoryFixture()
        try fixture.directory.quarantine(fixture.refusal("1"))
        let path = fixture.directory.quarantinePath
        try FileManager.default.moveItem(atPath: path + "/1.json", toPath: path + "/2.json")
        #expect(try fixture.directory.refusals().map(\.versionID) == ["2"])
        #expect(try fixture.directory.refusal(of: "1") == nil)
    }

    @Test("pass over files in the quarantine that name no version")
    func strangers() throws {
        let fixture = try DataDirectoryFixture()
        for name in ["notes.txt", ".json", ".hidden.json", "a b.json"] {
            try fixture.put("{}", at: "quarantine/" + name)
        }
        #expect(try fixture.directory.refusals() == [])
    }

    @Test("keep a pin on a version that is there, until it is taken away")
    func pin() throws {
        let fixture = try DataDirectoryFixture()
        let directory = fixture.directory
        try fixture.seal("1")
        let pin = Pin(versionID: "1", pinnedAt: DataDirectoryFixture.time)
        #expect(kind { try directory.setPin(Pin(versionID: "2", pinnedAt: pin.pinnedAt)) } == .absent)
        #expect(try directory.pin() == nil)
        try directory.setPin(pin)
        #expect(try directory.pin() == pin)
        try directory.setPin(nil)
        try directory.setPin(nil)
        #expect(try directory.pin() == nil)
    }

    @Test("do not take a pin that cannot be understood for none")
    func damagedPin() throws {
        let fixture = try DataDirectoryFixture()
        try fixture.put("{\"version_id\": 1}", at: "pinned.json")
        #expect(kind { _ = try fixture.directory.pin() } == .damaged)
        #expect(kind { _ = try fixture.directory.rollbackChoice() } == .damaged)
    }

    @Test("are damaged where they name what is no version", arguments: ["../../../etc", "", ".", "a/b", "a\\u0000b"])
    func strangeVersions(id: String) throws {
        let fixture = try DataDirectoryFixture()
        try fixture.put(#"{"version_id": "\#(id)", "pinned_at": "2026-11-21T03:00:00Z"}"#, at: "pinned.json")
        let serving = #"{"version_id": "\#(id)", "serving_since": "2026-11-21T03:00:00Z", "process_id": 7, "#
        try fixture.put(serving + #""triggers_answered": 3, "outcome": "ok"}"#, at: "serving.json")
        #expect(kind { _ = try fixture.directory.pin() } == .damaged)
        #expect(kind { _ = try fixture.directory.servingRecord() } == .damaged)
    }

    @Test("tell what a server serves")
    func serving() throws {
        let fixture = try DataDirectoryFixture()
        let record = ServingRecord(
            versionID: "1", servingSince: DataDirectoryFixture.time, processID: 7, triggersAnswered: 3, outcome: "ok")
        #expect(try fixture.directory.servingRecord() == nil)
        try fixture.directory.setServingRecord(record)
        #expect(try fixture.directory.servingRecord() == record)
    }

    @Test("list every version by what is known of it")
    func entries() throws {
        let fixture = try DataDirectoryFixture()
        let directory = fixture.directory
        try fixture.seal("1", "2", "3", "4")
        try directory.setCurrent("3")
        try directory.setPin(Pin(versionID: "3", pinnedAt: DataDirectoryFixture.time))
        try directory.quarantine(fixture.refusal("2", .guardrail))
        try directory.quarantine(fixture.refusal("0"))
        try FileManager.default.removeItem(atPath: directory.versionPath("4") + "/manifest.json")
        try fixture.write("5", at: directory.incomingPath(of: "5"), files: ["a": [1, 2], "b": [3, 4]])
        try FileManager.default.removeItem(atPath: directory.incomingPath(of: "5") + "/b")
        try FileManager.default.createDirectory(
            atPath: directory.incomingPath(of: "6"), withIntermediateDirectories: false)
        let entries = try directory.entries()
        #expect(
            entries.map { "\($0.versionID) \($0.state)" } == [
                "0 quarantined (damaged), not on disk", "1 available", "2 quarantined (guardrail)",
                "3 current, pinned", "4 damaged", "5 incoming 50 %", "6 incoming",
            ])
        #expect(entries.map(\.byteCount) == [nil, 1, 1, 1, nil, 4, nil])
        #expect(entries[5].place == .incoming(bytes: 2, of: 4))
        #expect(entries[4].problem?.hasSuffix("has no manifest.json") == true)
    }
}
