import CRocksDBFixtures
import Foundation
import RocksDBStorage
import Storage
import TestSupport
import Testing

/// Databases that are not what they should be: never a wrong answer, and never "no such key".
@Suite struct DamagedDatabaseTests {
    private struct Damage: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let kind: EngineError.Kind
        let inflict: @Sendable (String) throws -> Void
    }

    private static func firstFile(in path: String, _ prefix: String, _ suffix: String) throws -> String {
        let name = try files(in: path, endingWith: suffix).first { $0.hasPrefix(prefix) }
        return path + "/" + (try #require(name))
    }

    private static let damages: [Damage] = [
        Damage(testDescription: "no directory", kind: .missing) { try FileManager.default.removeItem(atPath: $0) },
        Damage(testDescription: "an empty directory", kind: .missing) { path in
            for name in try files(in: path) { try FileManager.default.removeItem(atPath: path + "/" + name) }
        },
        Damage(testDescription: "a file instead of a directory", kind: .missing) { path in
            try FileManager.default.removeItem(atPath: path)
            try Data("hello".utf8).write(to: URL(filePath: path))
        },
        Damage(testDescription: "no CURRENT", kind: .damaged) {
            try FileManager.default.removeItem(atPath: $0 + "/CURRENT")
        },
        Damage(testDescription: "garbage in CURRENT", kind: .damaged) { path in
            try Data("garbage".utf8).write(to: URL(filePath: path + "/CURRENT"))
        },
        Damage(testDescription: "an empty CURRENT", kind: .damaged) { path in
            try Data().write(to: URL(filePath: path + "/CURRENT"))
        },
        Damage(testDescription: "a CURRENT that names no file", kind: .damaged) { path in
            try Data("MANIFEST-999999\n".utf8).write(to: URL(filePath: path + "/CURRENT"))
        },
        Damage(testDescription: "no MANIFEST", kind: .damaged) { path in
            try FileManager.default.removeItem(atPath: firstFile(in: path, "MANIFEST", ""))
        },
        Damage(testDescription: "garbage in MANIFEST", kind: .damaged) { path in
            try Data(repeating: 0x5A, count: 500).write(to: URL(filePath: firstFile(in: path, "MANIFEST", "")))
        },
        Damage(testDescription: "a flipped byte in MANIFEST", kind: .damaged) { path in
            try overwriteByte(of: firstFile(in: path, "MANIFEST", ""), at: 20) { ~$0 }
        },
        Damage(testDescription: "an empty MANIFEST", kind: .damaged) { path in
            try Data().write(to: URL(filePath: firstFile(in: path, "MANIFEST", "")))
        },
        Damage(testDescription: "a missing file", kind: .damaged) { path in
            try FileManager.default.removeItem(atPath: firstFile(in: path, "", ".sst"))
        },
        Damage(testDescription: "a file cut short", kind: .damaged) { path in
            let file = try firstFile(in: path, "", ".sst")
            let bytes = try Data(contentsOf: URL(filePath: file))
            try bytes.prefix(bytes.count / 2).write(to: URL(filePath: file))
        },
        Damage(testDescription: "a file of the right size and other bytes", kind: .damaged) { path in
            let file = try firstFile(in: path, "", ".sst")
            let count = try Data(contentsOf: URL(filePath: file)).count
            try Data(repeating: 0x33, count: count).write(to: URL(filePath: file))
        },
        Damage(testDescription: "a newer format version", kind: .unsupported) { path in
            // The footer ends in its version, four bytes, and a magic number of eight.
            try overwriteByte(of: firstFile(in: path, "", ".sst"), at: -12) { _ in 99 }
        },
    ]

    @Test(arguments: damages) private func `A database that cannot be right is refused, with the right kind`(
        damage: Damage
    ) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("db")
        _ = try writeNumbered(5000, to: path)
        try damage.inflict(path)
        let error = #expect(throws: EngineError.self) { _ = try openDatabase(path) }
        #expect(error?.kind == damage.kind, "\(error?.message ?? "no error")")
        #expect(error?.operation == "open")
    }

    @Test(arguments: [0, 1, 7]) func `A flipped byte in a value is damage, never a miss and never another value`(
        compression: Int32
    ) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("db")
        try #require(unsafe fixture_create(path, Int32(FIXTURE_COMPACTED), compression, 5000))
        try overwriteByte(of: Self.firstFile(in: path, "", ".sst"), at: 2000) { $0 ^ 0x40 }
        let engine = try openDatabase(path)

        var damaged = 0
        for number in 0..<5000 {
            switch lookUp(engine, numberedKey(number)) {
            case .hit(let value): #expect(value == numberedValue("value", number))
            case .other(let outcome, let kind):
                #expect(outcome == .damaged)
                #expect(kind == .damaged)
                damaged += 1
            }
        }
        #expect(damaged > 0 && damaged < 5000)
        let error = #expect(throws: EngineError.self) { _ = try allKeys(engine) }
        #expect(error?.kind == .damaged)
    }

    @Test func `No flipped bit makes a database answer wrongly, open without its keys, or end the process`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("db")
        _ = try writeNumbered(50, to: path)
        for name in try files(in: path) where name != "CURRENT" {
            let size = try Data(contentsOf: URL(filePath: path + "/" + name)).count
            // Of tables, the end is where what RocksDB trusts before it verifies lies.
            for offset in 0..<size where name.hasPrefix("MANIFEST") || offset > size - 200 || offset % 31 == 0 {
                try overwriteByte(of: path + "/" + name, at: offset) { $0 ^ 0x80 }
                checkNoWrongAnswer(path, "\(name), offset \(offset)")
                try overwriteByte(of: path + "/" + name, at: offset) { $0 ^ 0x80 }
            }
        }
    }

    /// Refused, damaged and right are all well; wrong and absent are not.
    private func checkNoWrongAnswer(_ path: String, _ damage: String) {
        guard let engine = try? openDatabase(path, cacheBytes: 1 << 20) else { return }
        for number in 0..<50 {
            switch lookUp(engine, numberedKey(number)) {
            case .hit(let value): #expect(value == numberedValue("value", number), "\(damage)")
            case .other(let outcome, _): #expect(outcome == .damaged, "\(damage)")
            }
        }
    }

    @Test func `A damaged record before the end of the write-ahead log is refused, not forgotten`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("db")
        try #require(unsafe fixture_create(path, Int32(FIXTURE_LOG), 0, 5000))
        let logs = try files(in: path, endingWith: ".log").map { path + "/" + $0 }
        let log = try #require(
            try logs.max { try Data(contentsOf: URL(filePath: $0)).count < Data(contentsOf: URL(filePath: $1)).count })
        try overwriteByte(of: log, at: 40_000) { ~$0 }
        let error = #expect(throws: EngineError.self) { _ = try openDatabase(path) }
        #expect(error?.kind == .damaged, "\(error?.message ?? "no error")")
    }

    @Test func `A write-ahead log that ends within a record is read up to there`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("db")
        try #require(unsafe fixture_create(path, Int32(FIXTURE_LOG), 0, 2000))
        let log = path + "/" + (try #require(try files(in: path, endingWith: ".log").last))
        let bytes = try Data(contentsOf: URL(filePath: log))
        try bytes.dropLast(5).write(to: URL(filePath: log))
        // The last record deletes the last multiple of seven.
        let engine = try openDatabase(path)
        #expect(lookUp(engine, numberedKey(1995)) == .hit(numberedValue("new", 1995)))
        #expect(lookUp(engine, numberedKey(1988)) == .miss)
    }
}
