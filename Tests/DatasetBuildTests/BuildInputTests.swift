import Bytes
import CRocksDBFixtures
import Datasets
import Foundation
import Platform
import RocksDBStorage
import Storage
import Testing

@testable import DatasetBuild

@Suite("Inputs that are no files") struct BuildInputTests {
    private func options(_ inputs: [String], in scratch: ScratchDirectory) -> BuildOptions {
        var options = BuildOptions(
            inputs: inputs, output: "\(scratch.path)/out", versionID: "v1", builderVersion: "1.2.3")
        options.memoryBytes = BuildOptions.memoryBytesMin
        return options
    }

    private func open(_ directory: String, _ columnFamily: String? = nil) throws(EngineError) -> RocksDBEngine {
        let cache = try RocksDBCache(capacityBytes: 8 << 20)
        return try RocksDBEngine(
            path: directory, options: RocksDBOptions(columnFamily: columnFamily ?? "default", cache: cache))
    }

    @discardableResult private func build(
        _ options: BuildOptions, stopSignal: @escaping () -> Int32? = { nil }
    ) throws -> BuildSummary {
        let monitor = BuildMonitor(output: .none, stopSignal: stopSignal)
        return try DatasetBuilder(options, monitor: monitor) { (path, _, family) throws(EngineError) in
            try open(path, family)
        }
        .build { (directory) throws(BuildError) in try RocksDBSink(directory: directory) }
    }

    private func rows(_ engine: RocksDBEngine) throws -> [[UInt8]: [UInt8]] {
        var rows: [[UInt8]: [UInt8]] = [:]
        var page = RowPage()
        let walk = try engine.makeRowWalk(from: .beginning)
        while true {
            try walk.readRows(into: &page)
            if page.isEmpty { return rows }
            for index in 0..<page.count { rows[page[keyAt: index].copied()] = page[valueAt: index].copied() }
        }
    }

    @Test(
        "Databases of others are read whole, whatever they are made of",
        arguments: [
            FIXTURE_COMPACTED, FIXTURE_LEVELS, FIXTURE_LOG, FIXTURE_RANGE_DELETION, FIXTURE_BLOBS,
        ])
    func foreign(_ kind: Int) throws {
        let scratch = try ScratchDirectory()
        let database = "\(scratch.path)/db"
        try #require(unsafe fixture_create(database, Int32(kind), 1, 2000))
        let expected = try rows(open(database))
        #expect(expected.count > 1000)
        let summary = try build(options([database], in: scratch))
        #expect(summary.rowsRead == expected.count)
        #expect(try rows(open("\(scratch.path)/out")) == expected)
    }

    @Test("A column family is chosen by its name, and an unknown one is a wrong command line")
    func columnFamily() throws {
        let scratch = try ScratchDirectory()
        let database = "\(scratch.path)/db"
        try #require(unsafe fixture_create(database, Int32(FIXTURE_FAMILIES), 0, 100))
        var options = options([database], in: scratch)
        options.columnFamily = "people"
        #expect {
            try build(options)
        } throws: { error in
            (error as? BuildError)?.kind == .usage && "\(error)".contains("orders")
        }
        options.columnFamily = "orders"
        #expect(try build(options).keyCount == 100)
        #expect(try rows(open("\(scratch.path)/out")) == rows(open(database, "orders")))
    }

    @Test("A row of a dataset that is longer than a quarter of the memory is refused")
    func longRow() throws {
        let scratch = try ScratchDirectory()
        var writer = try RocksDBWriter(directory: "\(scratch.path)/db")
        let value = [UInt8](repeating: 0x78, count: 4 << 20)
        try writer.append(key: Array("key".utf8).span, value: value.span)
        _ = try writer.finish()
        var options = options(["\(scratch.path)/db"], in: scratch)
        #expect {
            try build(options)
        } throws: { error in
            "\(error)".contains("/db:1: the key \"key\" and its value are longer than 4 MiB")
        }
        options.memoryBytes *= 2
        #expect(try build(options).keyCount == 1)
    }

    @Test("Where nothing opens datasets, a directory is refused")
    func noOpener() throws {
        let scratch = try ScratchDirectory()
        var options = options([scratch.path], in: scratch)
        options.inputFormat = .resp
        #expect {
            try DatasetBuilder(options, monitor: BuildMonitor(output: .none))
                .build { (directory) throws(BuildError) in try RocksDBSink(directory: directory) }
        } throws: { error in
            (error as? BuildError)?.kind == .usage && "\(error)".contains("is a directory")
        }
        #expect(try scratch.names == [])
    }

    @Test("A server that never answers is given up")
    func silence() throws {
        // The kernel takes connections that nobody accepts.
        let listener = try Listener(host: "127.0.0.1", port: 0, backlog: 4, sharesPort: false)
        let scratch = try ScratchDirectory()
        var options = options(["redis://127.0.0.1:\(listener.port)/0"], in: scratch)
        options.serverSilenceMax = .milliseconds(300)
        #expect(
            throws: BuildError(
                .unreachable, "redis://127.0.0.1:\(listener.port)/0 has not answered for 0.3 s")
        ) { try build(options) }
        #expect(try scratch.names == [])
        _ = consume listener
    }

    @Test("A signal ends the wait for a server that never answers")
    func signal() throws {
        let listener = try Listener(host: "127.0.0.1", port: 0, backlog: 4, sharesPort: false)
        let scratch = try ScratchDirectory()
        var questions = 0
        #expect {
            try build(options(["redis://127.0.0.1:\(listener.port)"], in: scratch)) {
                questions += 1
                return questions > 3 ? 15 : nil
            }
        } throws: { error in
            (error as? BuildError)?.kind == .interrupted(signal: 15)
        }
        #expect(try scratch.names == [])
        _ = consume listener
    }

    @Test(
        "An address that cannot be spoken to is a wrong command line",
        arguments: ["rediss://a?b", "ftp://a", "redis://"])
    func addresses(_ address: String) throws {
        let scratch = try ScratchDirectory()
        #expect {
            try build(options([address], in: scratch))
        } throws: { error in
            (error as? BuildError)?.kind == .usage
        }
    }

    @Test("The share that is done is told by rows where nobody knows the bytes")
    func progress() {
        var progress = BuildProgress(phase: .reading, total: nil, rowTotal: 200)
        (progress.rows, progress.done, progress.elapsed) = (50, 1024, .seconds(1))
        #expect(progress.line(width: nil) == "reading  50 rows  25 %  3.0 s left  50 rows/s  1.0 KiB")
        progress.rowTotal = nil
        #expect(progress.line(width: nil) == "reading  50 rows  50 rows/s  1.0 KiB")
    }
}
