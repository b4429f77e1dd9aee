import CRocksDBFixtures
import Foundation
import RocksDBStorage
import Storage
import TestSupport
import Testing

/// Databases that RocksDB's other users make, which differ from ours in every way they can.
@Suite struct ForeignDatabaseTests {
    private func make(_ kind: Int, _ path: String, compression: Int32 = 0, keys: Int32 = 2000) throws {
        try #require(unsafe fixture_create(path, Int32(kind), compression, keys))
    }

    /// What a database of several levels holds after its overwrites and deletions.
    private func expectLevels(_ engine: RocksDBEngine) throws {
        var present: [[UInt8]] = []
        for number in 0..<2000 {
            let answer = lookUp(engine, numberedKey(number))
            if number % 7 == 0 {
                #expect(answer == .miss)
            } else {
                #expect(answer == .hit(numberedValue(number % 3 == 0 ? "new" : "value", number)))
                present.append(numberedKey(number))
            }
        }
        #expect(try allKeys(engine) == present)
        // 2000 keys, 667 overwritten, 286 deleted: an estimate may count the overwritten ones twice.
        #expect(engine.keyCount == .estimate(2000 + 667 + 286 - 2 * 286))
    }

    @Test(arguments: [0, 1, 2, 4, 5, 7])
    func `Every compression that RocksDB has here is read`(compression: Int32) throws {
        let directory = try TemporaryDirectory()
        try make(FIXTURE_COMPACTED, directory.path("db"), compression: compression)
        let engine = try openDatabase(directory.path("db"))
        for number in stride(from: 0, to: 2000, by: 17) {
            #expect(lookUp(engine, numberedKey(number)) == .hit(numberedValue("value", number)))
        }
        #expect(lookUp(engine, Array("key-2".utf8)) == .miss)
        #expect(engine.storage.isCompacted)
        #expect(engine.keyCount == .estimate(2000))
    }

    @Test func `Several levels are read as one, newest first`() throws {
        let directory = try TemporaryDirectory()
        try make(FIXTURE_LEVELS, directory.path("db"))
        let engine = try openDatabase(directory.path("db"))
        #expect(!engine.storage.isCompacted)
        try expectLevels(engine)
    }

    @Test func `A write-ahead log that was never flushed is read, and stays`() throws {
        let directory = try TemporaryDirectory()
        try make(FIXTURE_LOG, directory.path("db"))
        let before = try Snapshot(of: directory.path("db"))
        #expect(before.entries.keys.contains { $0.hasSuffix(".log") })
        try expectLevels(openDatabase(directory.path("db")))
        #expect(try Snapshot(of: directory.path("db")) == before)
    }

    @Test func `A column family is chosen by name, and an unknown name is answered with those there are`() throws {
        let directory = try TemporaryDirectory()
        try make(FIXTURE_FAMILIES, directory.path("db"))
        for name in ["users", "orders"] {
            let engine = try openDatabase(directory.path("db"), columnFamily: name)
            #expect(lookUp(engine, numberedKey(7)) == .hit(numberedValue(name, 7)))
            #expect(try allKeys(engine).count == 2000)
        }
        #expect(lookUp(try openDatabase(directory.path("db")), numberedKey(7)) == .miss)
        let error = #expect(throws: EngineError.self) {
            _ = try openDatabase(directory.path("db"), columnFamily: "people")
        }
        #expect(error?.kind == .invalid)
        for name in ["people", "default", "users", "orders"] { #expect(error?.message.contains(name) == true) }
    }

    @Test func `Values in blob files are found, where RocksDB's shorter path would miss them`() throws {
        let directory = try TemporaryDirectory()
        try make(FIXTURE_BLOBS, directory.path("db"))
        let engine = try openDatabase(directory.path("db"))
        #expect(lookUp(engine, numberedKey(7)) == .hit(numberedValue("value", 7)))
        #expect(!engine.storage.isCompacted)
    }

    @Test func `Keys under a range deletion are absent, where RocksDB's shorter path would find them`() throws {
        let directory = try TemporaryDirectory()
        try make(FIXTURE_RANGE_DELETION, directory.path("db"))
        let engine = try openDatabase(directory.path("db"))
        #expect(lookUp(engine, numberedKey(99)) == .miss)
        #expect(lookUp(engine, numberedKey(100)) == .hit(numberedValue("value", 100)))
        #expect(try allKeys(engine).count == 1900)
    }

    @Test(arguments: [FIXTURE_MERGES, FIXTURE_REVERSED])
    func `What only its writer can read is refused as unsupported`(kind: Int) throws {
        let directory = try TemporaryDirectory()
        try make(kind, directory.path("db"))
        let error = #expect(throws: EngineError.self) { _ = try openDatabase(directory.path("db")) }
        #expect(error?.kind == .unsupported)
    }

    @Test(arguments: [FIXTURE_COMPACTED, FIXTURE_LEVELS, FIXTURE_LOG, FIXTURE_BLOBS])
    func `Reading leaves the directory as it was, to the byte, also where it is read-only`(kind: Int) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("db")
        try make(kind, path)
        // A crashed writer's leavings, which RocksDB would clear away.
        try Data([1, 2, 3]).write(to: URL(filePath: path + "/000099.sst.trash"))
        try Data([1, 2, 3]).write(to: URL(filePath: path + "/000098.log.trash"))
        let before = try Snapshot(of: path)
        for mode in [0o755, 0o555] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            let engine = try openDatabase(path)
            _ = lookUp(engine, numberedKey(8))
            _ = try allKeys(engine)
            _ = try engine.randomKey(seed: 4) { _ in }
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        #expect(try Snapshot(of: path) == before)
    }
}

/// Every file of a directory, with its bytes and its time of change.
struct Snapshot: Equatable {
    struct File: Equatable {
        let bytes: Data
        let changed: Date?
    }
    let entries: [String: File]

    init(of directory: String) throws {
        var entries: [String: File] = [:]
        for name in try files(in: directory) {
            let path = directory + "/" + name
            let changed = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
            entries[name] = File(bytes: try Data(contentsOf: URL(filePath: path)), changed: changed)
        }
        self.entries = entries
    }
}
