import Foundation
import Testing

@testable import Datasets

/// The kind of what a call throws; `nil` where it throws nothing.
func kind(_ body: () throws -> Void) -> DataDirectoryError.Kind? {
    do { try body() } catch { return (error as? DataDirectoryError)?.kind }
    return nil
}

@Suite("A data directory") struct DataDirectoryTests {
    @Test("is made once, and again without harm")
    func create() throws {
        let fixture = try DataDirectoryFixture()
        try fixture.seal("1")
        try fixture.directory.create()
        #expect(try fixture.names() == ["incoming", "quarantine", "versions"])
        #expect(try fixture.directory.versionIDs() == ["1"])
        #expect(DataDirectory.isPresent(at: fixture.directory.path))
        #expect(!DataDirectory.isPresent(at: fixture.directory.path + "/incoming"))
        #expect(DataDirectory(path: fixture.directory.path + "//") == fixture.directory)
        #expect(kind { try DataDirectory(path: fixture.directory.path + "/a/b").create() } == .absent)
    }

    @Test("seals a download into a version that nobody writes to")
    func seal() throws {
        let fixture = try DataDirectoryFixture()
        let directory = fixture.directory
        try fixture.write("1", at: directory.incomingPath(of: "1"), files: ["a": [1], "sub/b": [2, 3]])
        #expect(try directory.incomingIDs() == ["1"])
        #expect(try !directory.has("1"))
        try directory.seal("1")
        #expect(try directory.incomingIDs() == [])
        #expect(try directory.versionIDs() == ["1"])
        #expect(try directory.has("1"))
        let version = VersionDirectory(path: directory.versionPath("1"))
        try version.checkSizes(directory.manifest(of: "1").manifest)
        for name in ["manifest.json", "a", "sub/b"] { #expect(try fixture.mode("versions/1/\(name)") == 0o444) }
        #expect(try fixture.mode("versions/1/sub") == 0o555)
        // Another user of the machine may read all of it.
        #expect(try fixture.mode("versions/1").map { $0 & 0o055 } == 0o055)
    }

    @Test("leaves what a link leads to as it is when it seals")
    func sealLink() throws {
        let fixture = try DataDirectoryFixture()
        try fixture.put("mine", at: "outside")
        let before = try fixture.mode("outside")
        try fixture.write("1", at: fixture.directory.incomingPath(of: "1"))
        try fixture.link("incoming/1/link", to: "../../outside")
        try fixture.link("incoming/1/up", to: "../..")
        try fixture.directory.seal("1")
        #expect(try fixture.mode("outside") == before)
        #expect(try fixture.mode("versions").map { $0 & 0o200 } == 0o200)
    }

    @Test("never seals over a version that is there, and keeps both")
    func sealTwice() throws {
        let fixture = try DataDirectoryFixture()
        let directory = fixture.directory
        try fixture.seal("1")
        try fixture.write("1", at: directory.incomingPath(of: "1"), files: ["data": [9, 9]])
        #expect(kind { try directory.seal("1") } == .present)
        #expect(try directory.manifest(of: "1").manifest.files.map(\.bytes) == [1])
        #expect(try directory.incomingIDs() == ["1"])
        #expect(kind { try directory.seal("2") } == .absent)
    }

    @Test("seals over what a deletion that was cut short has left", arguments: ["directory", "empty", "file", "link"])
    func sealOverRemains(_ remains: String) throws {
        let fixture = try DataDirectoryFixture()
        let path = fixture.directory.versionPath("1")
        switch remains {
        case "directory": try fixture.write("1", at: path)
        case "empty": try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        case "file": try fixture.put("x", at: "versions/1")
        default: try fixture.link("versions/1", to: "nowhere")
        }
        if remains == "directory" { try FileManager.default.removeItem(atPath: path + "/manifest.json") }
        try fixture.seal("1")
        #expect(try fixture.directory.has("1"))
        #expect(try fixture.names("incoming") == [])
        #expect(try fixture.names("versions/1") == ["data", "manifest.json"])
    }

    @Test(
        "knows no version of a name that leads elsewhere",
        arguments: ["", ".", "..", "../x", "a/b", ".hidden", "-x", "a\nb", "é", String(repeating: "a", count: 65)])
    func badIDs(_ id: String) throws {
        let fixture = try DataDirectoryFixture()
        let directory = fixture.directory
        try fixture.seal("1")
        #expect(try !directory.has(id))
        #expect(kind { _ = try directory.manifest(of: id) } == .invalid)
        #expect(kind { try directory.setCurrent(id) } == .absent)
        #expect(kind { _ = try directory.delete(id) } == .invalid)
        #expect(kind { try directory.quarantine(fixture.refusal(id)) } == .invalid)
        #expect(kind { try directory.setPin(Pin(versionID: id, pinnedAt: DataDirectoryFixture.time)) } == .absent)
        #expect(kind { try directory.seal(id) } == .invalid)
        #expect(kind { try directory.removeIncoming(id) } == .invalid)
        #expect(kind { try directory.release(id) } == .invalid)
        #expect(try directory.refusal(of: id) == nil)
        #expect(try fixture.names() == ["incoming", "quarantine", "versions"])
    }

    // MARK: current

    @Test("makes a version current in one step, from none and from another")
    func setCurrent() throws {
        let fixture = try DataDirectoryFixture()
        let directory = fixture.directory
        try fixture.seal("1", "2")
        #expect(try directory.currentVersionID() == nil)
        for id in ["1", "2", "2", "1"] {
            try directory.setCurrent(id)
            #expect(try directory.currentVersionID() == id)
            let target = try FileManager.default.destinationOfSymbolicLink(atPath: directory.currentPath)
            #expect(target == "versions/\(id)")
        }
        #expect(kind { try directory.setCurrent("3") } == .absent)
        #expect(try directory.currentVersionID() == "1")
        #expect(try fixture.names() == ["current", "incoming", "quarantine", "versions"])
    }

    @Test(
        "understands a link to a version however it is written",
        arguments: ["versions/1", "versions/1/", "./versions/1", "versions/../versions/1", "ABSOLUTE/versions/1"])
    func linkForms(_ target: String) throws {
        let fixture = try DataDirectoryFixture()
        try fixture.link("current", to: target.replacingOccurrences(of: "ABSOLUTE", with: fixture.directory.path))
        // Dangling, then not.
        #expect(try fixture.directory.currentVersionID() == "1")
        try fixture.seal("1")
        #expect(try fixture.directory.currentVersionID() == "1")
    }

    @Test("understands a link that was written when there were no versions")
    func danglingAltogether() throws {
        let fixture = try DataDirectoryFixture()
        try fixture.link("current", to: "versions/1")
        try FileManager.default.removeItem(atPath: fixture.directory.versionsPath)
        #expect(try fixture.directory.currentVersionID() == "1")
        #expect(try fixture.directory.versionIDs() == [])
    }

    @Test(
        "refuses a link that leads elsewhere, and says where",
        arguments: [
            "versions", "incoming/1", "/etc", "/versions/1", "../versions/1", "versions/..", "versions/.hidden",
            "versions/1/2", "1", "x/versions/1",
        ])
    func strayLink(_ target: String) throws {
        let fixture = try DataDirectoryFixture()
        try fixture.seal("1")
        try fixture.link("current", to: target)
        do {
            let id = try fixture.directory.currentVersionID()
            Issue.record("current was taken for \(id ?? "none")")
        } catch {
            #expect(error.kind == .invalid)
            #expect(error.description.contains("leads to \(target), not to versions/ID"))
        }
        // An operator's way out.
        try fixture.directory.setCurrent("1")
        #expect(try fixture.directory.currentVersionID() == "1")
    }

    @Test("refuses a current that is no link", arguments: [true, false])
    func noLink(_ isDirectory: Bool) throws {
        let fixture = try DataDirectoryFixture()
        try fixture.seal("1")
        if isDirectory {
            try FileManager.default.createDirectory(
                atPath: fixture.directory.currentPath, withIntermediateDirectories: false)
        } else {
            try fixture.put("versions/1", at: "current")
        }
        #expect(kind { _ = try fixture.directory.currentVersionID() } == .invalid)
    }

    // MARK: What killed processes leave

    @Test("clears away what killed processes left, and nothing else")
    func leftovers() throws {
        let fixture = try DataDirectoryFixture()
        let directory = fixture.directory
        try fixture.seal("1", "2")
        try directory.setCurrent("2")
        try directory.quarantine(fixture.refusal("1"))
        try fixture.write("3", at: directory.incomingPath(of: "3"))
        try fixture.link(".current.tmp-abc", to: "versions/1")
        try fixture.put("{", at: ".pinned.json.tmp-abc")
        try fixture.put("{", at: "quarantine/.2.json.tmp-abc")
        try fixture.write("0", at: "\(directory.incomingPath)/.deleted-0", files: ["sub/x": [1]])
        // None of it is seen as anything.
        #expect(try directory.currentVersionID() == "2")
        #expect(try directory.refusals().map(\.versionID) == ["1"])
        #expect(try directory.incomingIDs() == ["3"])
        #expect(try directory.pin() == nil)
        try directory.removeLeftovers()
        #expect(try fixture.names() == ["current", "incoming", "quarantine", "versions"])
        #expect(try fixture.names("incoming") == ["3"])
        #expect(try fixture.names("quarantine") == ["1.json"])
        #expect(try directory.versionIDs() == ["1", "2"])
    }

    @Test("has a rollback that died halfway end well")
    func halfRollback() throws {
        let fixture = try DataDirectoryFixture()
        let directory = fixture.directory
        try fixture.seal("1", "2", "3")
        try directory.setCurrent("3")
        // The record is there, the link was not flipped.
        try directory.quarantine(fixture.refusal("3", .rolledBack))
        let choice = try directory.rollbackChoice()
        #expect(choice.currentID == "3")
        #expect(try choice.target() == "2")
        try directory.rollBack(to: "2", fixture.refusal("3", .rolledBack))
        #expect(try directory.currentVersionID() == "2")
        #expect(try directory.refusal(of: "3")?.kind == .rolledBack)
        #expect(kind { try directory.rollBack(to: "9", fixture.refusal("2")) } == .absent)
        #expect(try directory.refusal(of: "2") == nil)
    }

    @Test("goes back to the parent that the manifest names, and past a current that is damaged or gone")
    func rollbackChoice() throws {
        let fixture = try DataDirectoryFixture()
        let directory = fixture.directory
        try fixture.seal("1", "2")
        try fixture.write("3", at: directory.incomingPath(of: "3"), parent: "1")
        try directory.seal("3")
        try directory.setCurrent("3")
        #expect(try directory.rollbackChoice().target() == "1")
        try FileManager.default.removeItem(atPath: directory.versionPath("3") + "/manifest.json")
        #expect(try directory.rollbackChoice().target() == "2")
    }
}
