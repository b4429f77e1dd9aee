import Bytes
import Datasets
import Foundation
import RocksDBStorage
import Storage
import TestSupport
import Testing

@testable import DatasetBuild

@Suite("Building a RocksDB") struct RocksDBBuildTests {
    /// What a scan of the whole database finds, with each value looked up by its key.
    private func contents(_ path: String) throws -> [[UInt8]: [UInt8]] {
        let engine = try RocksDBEngine(
            path: path, options: RocksDBOptions(cache: RocksDBCache(capacityBytes: 8 << 20)))
        var keys: [[UInt8]] = []
        let next = try engine.scan(from: .beginning, limit: 1 << 30) { keys.append($0.copied()) }
        #expect(next == nil)
        var batch = engine.makeBatch()
        for key in keys { _ = batch.append(key.span) }
        engine.lookUp(&batch, in: 0..<batch.count, tier: .anywhere)
        var rows: [[UInt8]: [UInt8]] = [:]
        for (index, key) in keys.enumerated() {
            #expect(batch.outcome(at: index) == .hit)
            rows[key] = batch[valueAt: index].copied()
        }
        return rows
    }

    private func build(_ input: String, in scratch: ScratchDirectory) throws -> Manifest {
        var options = BuildOptions(
            inputs: [input], output: "\(scratch.path)/out", versionID: "v1", builderVersion: "1.2.3")
        options.memoryBytes = BuildOptions.memoryBytesMin
        options.allowsEmpty = true
        _ = try DatasetBuilder(options, monitor: BuildMonitor(output: .none))
            .build { (directory) throws(BuildError) in try RocksDBSink(directory: directory) }
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/out/manifest.json"))
        return try Manifest.decode(Array(data))
    }

    @Test("holds every row: binary keys, empty ones, long values", arguments: [1, 1000, 60_000])
    func readsBack(_ count: Int) throws {
        let scratch = try ScratchDirectory()
        var random = SeededRandom(seed: UInt64(count))
        var rows: [[UInt8]: [UInt8]] = [
            []: [], [UInt8](repeating: 0, count: 9): [UInt8](repeating: 0x78, count: 1 << 20),
        ]
        var stream: [UInt8] = []
        func bulk(_ bytes: [UInt8]) { stream += Array("$\(bytes.count)\r\n".utf8) + bytes + [0x0D, 0x0A] }
        func set(_ key: [UInt8], _ value: [UInt8]) {
            stream += Array("*3\r\n$3\r\nSET\r\n".utf8)
            bulk(key)
            bulk(value)
        }
        for (key, value) in rows { set(key, value) }
        for _ in 0..<count {
            let key = (1...Int.random(in: 1...8, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            let value = [UInt8](repeating: UInt8(truncatingIfNeeded: random.next()), count: Int(random.next() % 300))
            rows[key] = value
            set(key, value)
        }
        let manifest = try build(scratch.file("x.resp", stream), in: scratch)
        let found = try contents("\(scratch.path)/out")
        #expect(found == rows)
        #expect(manifest.keyCount == rows.count)
        #expect(manifest.minKey?.bytes == [])
        #expect(manifest.valueBytes?.max == 1 << 20)
        for canary in manifest.canaries {
            #expect(canary.sha256 == found[canary.key.bytes].map { SHA256.digest(of: $0.span) })
        }
        #expect(
            Set(manifest.files.map(\.path) + ["manifest.json", "verified.json"])
                == Set(try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/out")))
        for file in manifest.files {
            let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/out/\(file.path)")))
            #expect(bytes.count == file.bytes)
            #expect(SHA256.digest(of: bytes.span) == file.sha256)
        }
    }

    @Test("can be empty")
    func empty() throws {
        let scratch = try ScratchDirectory()
        #expect(try build(scratch.file("x.resp", ""), in: scratch).keyCount == 0)
        #expect(try contents("\(scratch.path)/out") == [:])
    }
}
