import Foundation
import RocksDBStorage
import Storage
import TestSupport
import Testing

@Suite struct RocksDBWriterTests {
    @Test(arguments: [0, 1, 1000]) func `Only what opening needs is left, and the summary tells the truth`(
        count: Int
    ) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("db")
        let summary = try writeNumbered(count, to: path)
        let names = try files(in: path)
        let bytes = try names.map { try Data(contentsOf: URL(filePath: path + "/" + $0)).count }
        #expect(summary.keyCount == count)
        #expect(summary.fileCount == names.count)
        #expect(summary.fileBytes == bytes.reduce(0, +))
        #expect(names.count == (count == 0 ? 2 : 3))
        #expect(names.allSatisfy { $0 == "CURRENT" || $0.hasPrefix("MANIFEST-") || $0.hasSuffix(".sst") })

        let engine = try openDatabase(path)
        #expect(engine.keyCount == .exact(count))
        // RocksDB takes its shorter path only where there is a file.
        #expect(engine.storage.isCompacted == (count > 0))
    }

    @Test func `Files are cut at a size, and read as one sorted run`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("db")
        var writer = try RocksDBWriter(directory: path)
        // Values that do not compress, each half a file and a little; a file's last is counted with the next.
        let noise = try #require(try FileHandle(forReadingAtPath: "/dev/urandom")?.read(upToCount: 129 << 20))
        let value = Array(noise)
        for number in UInt8(0)..<4 {
            let key = [number]
            try writer.append(key: key.span, value: value.span)
        }
        #expect(try writer.finish().keyCount == 4)
        #expect(try files(in: path, endingWith: ".sst").count == 2)
        let engine = try openDatabase(path)
        #expect(engine.storage.isCompacted)
        #expect(engine.keyCount == .exact(4))
        var batch = engine.makeBatch()
        for number in UInt8(0)..<4 {
            let key = [number]
            _ = batch.append(key.span)
        }
        engine.lookUp(&batch, in: 0..<4, tier: .anywhere)
        for index in 0..<4 { #expect(batch[valueAt: index].count == 129 << 20) }
        #expect(Array(copying: batch[valueAt: 3].extracting(last: 1000)) == Array(value.suffix(1000)))
    }

    @Test(arguments: [([2], [1]), ([1], [1]), ([1], []), ([1, 0], [1]), ([200], [100])] as [([UInt8], [UInt8])])
    func `A key that does not come after the one before is refused`(first: [UInt8], second: [UInt8]) throws {
        let directory = try TemporaryDirectory()
        var writer = try RocksDBWriter(directory: directory.path("db"))
        try writer.append(key: first.span, value: first.span)
        let error: EngineError?
        do throws(EngineError) {
            try writer.append(key: second.span, value: second.span)
            error = nil
        } catch let refusal {
            error = refusal
        }
        #expect(error?.kind == .invalid)
        let next: [UInt8] = [250]
        try writer.append(key: next.span, value: next.span)
        #expect(try writer.finish().keyCount == 2)
    }

    @Test func `A directory that holds anything is refused, and left alone`() throws {
        let directory = try TemporaryDirectory()
        try Data("mine".utf8).write(to: URL(filePath: directory.path("file")))
        let error = #expect(throws: EngineError.self) { _ = try RocksDBWriter(directory: directory.path) }
        #expect(error?.kind == .invalid)
        #expect(try files(in: directory.path) == ["file"])
    }

    @Test func `A directory that cannot be made is an error of the system's`() throws {
        let directory = try TemporaryDirectory()
        let error = #expect(throws: EngineError.self) {
            _ = try RocksDBWriter(directory: directory.path("absent/db"))
        }
        #expect(error?.kind == .io)
    }

    @Test func `Files that vanish under the writer are an error, and no database is left`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("db")
        var writer = try RocksDBWriter(directory: path)
        let key: [UInt8] = [1]
        try writer.append(key: key.span, value: key.span)
        try FileManager.default.removeItem(atPath: path)
        let error: EngineError?
        do throws(EngineError) {
            _ = try writer.finish()
            error = nil
        } catch let failure {
            error = failure
        }
        #expect(error?.kind == .io)
        #expect(throws: EngineError.self) { _ = try openDatabase(path) }
    }

    @Test func `A writer dropped before its end leaves no database`() throws {
        let directory = try TemporaryDirectory()
        do {
            var writer = try RocksDBWriter(directory: directory.path("db"))
            let key: [UInt8] = [1]
            try writer.append(key: key.span, value: key.span)
        }
        let error = #expect(throws: EngineError.self) { _ = try openDatabase(directory.path("db")) }
        #expect(error?.kind == .damaged || error?.kind == .missing)
    }
}
