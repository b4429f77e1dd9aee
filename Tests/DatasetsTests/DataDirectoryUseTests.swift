import Foundation
import Synchronization
import Testing

@testable import Datasets

@Suite("Several users of a data directory") struct DataDirectoryUseTests {
    @Test("hold the lock one at a time, and the second hears of the first")
    func lock() throws {
        let fixture = try DataDirectoryFixture()
        do {
            let lock = try fixture.directory.lock()
            do {
                _ = try fixture.directory.lock()
                Issue.record("the lock was given twice")
            } catch {
                #expect(error.kind == .busy)
                #expect(error.description.contains("process \(ProcessInfo.processInfo.processIdentifier),"))
            }
            _ = consume lock
        }
        #expect(throws: Never.self) { _ = try fixture.directory.lock() }
    }

    @Test("roll back and pin while another has the lock")
    func rollbackUnderLock() throws {
        let fixture = try DataDirectoryFixture()
        let directory = fixture.directory
        try fixture.seal("1", "2")
        try directory.setCurrent("2")
        let lock = try directory.lock()
        try directory.rollBack(to: "1", fixture.refusal("2", .rolledBack))
        try directory.setPin(Pin(versionID: "1", pinnedAt: DataDirectoryFixture.time))
        #expect(try directory.currentVersionID() == "1")
        _ = consume lock
    }

    @Test("delete a version that nobody uses, and only that")
    func delete() throws {
        let fixture = try DataDirectoryFixture()
        let directory = fixture.directory
        try fixture.seal("1", "2", "3", "4")
        try directory.setCurrent("2")
        try directory.setPin(Pin(versionID: "3", pinnedAt: DataDirectoryFixture.time))
        var deleted: [Bool] = []
        for id in ["1", "2", "3", "9"] { deleted.append(try directory.delete(id)) }
        #expect(deleted == [true, false, false, true])
        #expect(try directory.versionIDs() == ["2", "3", "4"])
        #expect(try fixture.names("incoming") == [])
    }

    @Test("delete what a deletion that was cut short has left")
    func deleteRemains() throws {
        let fixture = try DataDirectoryFixture()
        let directory = fixture.directory
        try fixture.seal("1", "2")
        for id in ["1", "2"] {
            try FileManager.default.removeItem(atPath: directory.versionPath(id) + "/manifest.json")
        }
        try fixture.link("current", to: "versions/2")
        // In the way of the next one.
        try fixture.write("1", at: directory.incomingPath + "/.deleted-1")
        let deleted = [try directory.delete("1"), try directory.delete("2")]
        #expect(deleted == [true, false])
        #expect(try directory.versionIDs() == ["2"])
    }

    @Test("keep a version that one of them holds")
    func hold() throws {
        let fixture = try DataDirectoryFixture()
        let directory = fixture.directory
        try fixture.seal("1")
        let version = VersionDirectory(path: directory.versionPath("1"))
        do {
            let first = try #require(try version.hold())
            let second = try #require(try version.hold())
            let isDeleted = try directory.delete("1")
            #expect(!isDeleted)
            withExtendedLifetime((first, second)) {}
        }
        let isDeleted = try directory.delete("1")
        #expect(isDeleted)
        #expect(try version.hold() == nil)
    }

    @Test("keep a version that another process holds, however that ends")
    func otherProcess() throws {
        let fixture = try DataDirectoryFixture()
        let directory = fixture.directory
        try fixture.seal("1")
        let (commands, answers) = (Pipe(), Pipe())
        let holder = Process()
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        holder.arguments = [
            "--shared", directory.versionPath("1") + "/manifest.json", "sh", "-c", "echo held; read -r _",
        ]
        holder.standardInput = commands
        holder.standardOutput = answers
        try holder.run()
        #expect(answers.fileHandleForReading.availableData == Data("held\n".utf8))
        var isDeleted = try directory.delete("1")
        #expect(!isDeleted)
        try commands.fileHandleForWriting.close()
        holder.waitUntilExit()
        isDeleted = try directory.delete("1")
        #expect(isDeleted)
    }

    @Test("make a version current or delete it, never both")
    func race() throws {
        let fixture = try DataDirectoryFixture()
        let directory = fixture.directory
        try fixture.seal("0")
        for round in 1...30 {
            let id = "v\(round)"
            try fixture.seal(id)
            let isDeleted = Atomic<Bool>(false)
            let isCurrent = Atomic<Bool>(false)
            DispatchQueue.concurrentPerform(iterations: 2) { number in
                if number == 0 {
                    // Losing the race is one of the outcomes.
                    isDeleted.store((try? directory.delete(id)) ?? false, ordering: .relaxed)
                } else {
                    isCurrent.store((try? directory.setCurrent(id)) != nil, ordering: .relaxed)
                }
            }
            let (deleted, current) = (isDeleted.load(ordering: .relaxed), isCurrent.load(ordering: .relaxed))
            #expect(!(deleted && current))
            #expect(try directory.has(id) == !deleted)
            #expect(try (directory.currentVersionID() == id) == current)
            #expect(try directory.currentVersionID().map { try directory.has($0) } ?? true)
            try directory.setCurrent("0")
        }
    }
}
