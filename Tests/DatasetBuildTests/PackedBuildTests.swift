import Bytes
import Datasets
import Foundation
import PackedStorage
import Storage
import TestSupport
import Testing

@testable import DatasetBuild

@Suite("Building a packed version") struct PackedBuildTests {
    /// Another way to build the same rows.
    struct Way: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var jobs = 1
        var memoryBytes = 64 << 20
        var isSorted = false
        var inputFormat = "tsv"
        var hasDuplicates = false
        var rowCount = PackedBuildTests.rowCount
    }

    static let ways = [
        Way(testDescription: "sorted", isSorted: true),
        Way(testDescription: "two jobs", jobs: 2),
        Way(testDescription: "more jobs than segments", jobs: 20, memoryBytes: 1 << 30),
        Way(testDescription: "little memory", memoryBytes: BuildOptions.memoryBytesMin),
        Way(testDescription: "three jobs with little memory", jobs: 3, memoryBytes: 3 * BuildOptions.memoryBytesMin),
        Way(testDescription: "JSON Lines", inputFormat: "jsonl"),
        Way(testDescription: "rows that others replace, with four jobs", jobs: 4, hasDuplicates: true),
    ]

    /// Somewhat more than the least memory holds.
    private static let rowCount = 110_000

    private static func value(_ index: Int) -> String { String(repeating: "\(index)-", count: 1 + index % 30) }

    /// A file of the rows, shuffled unless told otherwise.
    private static func input(_ way: Way, in scratch: ScratchDirectory) throws -> String {
        var random = SeededRandom(seed: 7)
        var text = way.inputFormat == "tsv" ? "key\tvalue\n" : ""
        func add(_ index: Int, _ value: String) {
            text +=
                way.inputFormat == "tsv"
                ? "key:\(index)\t\(value)\n" : "{\"key\":\"key:\(index)\",\"value\":\"\(value)\"}\n"
        }
        if way.hasDuplicates { for index in 0..<1000 { add(index, "to be replaced") } }
        let order = 0..<way.rowCount
        for index in way.isSorted ? Array(order) : order.shuffled(using: &random) { add(index, Self.value(index)) }
        return try scratch.file("in.\(way.inputFormat)", text)
    }

    private static func build(
        _ way: Way, in scratch: ScratchDirectory, _ packed: PackedBuildOptions = PackedBuildOptions()
    ) throws -> Manifest {
        var options = BuildOptions(
            inputs: [try Self.input(way, in: scratch)], output: "\(scratch.path)/out", versionID: "v1",
            builderVersion: "1.2.3")
        options.columns = ColumnChoice(key: "key", value: "value")
        options.memoryBytes = way.memoryBytes
        options.jobs = way.jobs
        _ = try DatasetBuilder(options, monitor: BuildMonitor(output: .none)).build(packed)
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(scratch.path)/out/manifest.json"))
        var manifest = try Manifest.decode(Array(data))
        manifest.created = ManifestTime(unixSeconds: 0)
        return manifest
    }

    /// What every other way is compared with.
    private static let plain = Result {
        try build(Way(testDescription: "plain"), in: ScratchDirectory())
    }

    @Test("gives the same files and statistics whichever way the same rows are built", arguments: ways)
    func isDeterministic(_ way: Way) throws {
        let plain = try Self.plain.get()
        var other = try Self.build(way, in: ScratchDirectory())
        #expect(other.duplicatesDropped == (way.hasDuplicates ? 1000 : 0))
        other.duplicatesDropped = 0
        #expect(other == plain)
        #expect(plain.files.count == 16)
        #expect(plain.keyCount == Self.rowCount)
    }

    @Test("has the statistics that a version in RocksDB of the same rows has")
    func statistics() throws {
        let (first, second) = (try ScratchDirectory(), try ScratchDirectory())
        let way = Way(testDescription: "two jobs", jobs: 2, rowCount: 20_000)
        var packed = try Self.build(way, in: first)
        var options = BuildOptions(
            inputs: [try Self.input(way, in: second)], output: "\(second.path)/out", versionID: "v1",
            builderVersion: "1.2.3")
        options.columns = ColumnChoice(key: "key", value: "value")
        _ = try DatasetBuilder(options, monitor: BuildMonitor(output: .none))
            .build { (directory) throws(BuildError) in try RocksDBSink(directory: directory) }
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(second.path)/out/manifest.json"))
        var rocksDB = try Manifest.decode(Array(data))
        rocksDB.created = packed.created
        (rocksDB.format, rocksDB.files) = ("", [])
        (packed.format, packed.files) = ("", [])
        #expect(packed == rocksDB)
    }

    @Test("holds every row, in any number of segments, compressed or not", arguments: [1, 2, 1024], [1, 3])
    func holds(_ segmentCount: Int, _ jobs: Int) throws {
        for compression in [SegmentLayout.Compression.none, .zstd] {
            let scratch = try ScratchDirectory()
            var packed = PackedBuildOptions()
            packed.segmentCount = segmentCount
            packed.compression = compression
            let manifest = try Self.build(
                Way(testDescription: "", jobs: jobs, memoryBytes: 64 << 20, rowCount: 20_000), in: scratch, packed)
            #expect(manifest.format == "packed")
            #expect(manifest.files.count == segmentCount)
            let engine = try PackedEngine(path: "\(scratch.path)/out")
            #expect(engine.keyCount == .exact(20_000))
            var batch = engine.makeBatch()
            let sample = stride(from: 0, to: 20_000, by: 7).map { $0 }
            for index in sample { _ = batch.append(Array("key:\(index)".utf8).span) }
            engine.lookUp(&batch, in: 0..<batch.count, tier: .anywhere)
            var wrong: [Int] = []
            for (place, index) in sample.enumerated() {
                let isRight =
                    batch.outcome(at: place) == .hit
                    && batch[valueAt: place].copied() == Array(Self.value(index).utf8)
                if !isRight { wrong.append(index) }
            }
            #expect(wrong == [])
        }
    }

    @Test("leaves nothing behind where a signal or a duplicate stops it", arguments: [1, 4])
    func stops(_ jobs: Int) throws {
        let scratch = try ScratchDirectory()
        let rows = (0..<20_000).map { "key:\($0)\tv\n" }.joined()
        var options = BuildOptions(
            inputs: [try scratch.file("in.tsv", "key\tvalue\n" + rows + "key:77\tagain\n")],
            output: "\(scratch.path)/out", versionID: "v1", builderVersion: "1.2.3")
        options.columns = ColumnChoice(key: "key", value: "value")
        options.memoryBytes = 64 << 20
        options.jobs = jobs
        options.duplicates = .fail
        #expect {
            try DatasetBuilder(options, monitor: BuildMonitor(output: .none)).build(PackedBuildOptions())
        } throws: { error in
            "\(error)".hasSuffix(
                "in.tsv:20002: the key \"key:77\" was already at \(scratch.path)/in.tsv:79; "
                    + "--duplicates last-wins keeps the later row")
        }
        #expect(try scratch.names == ["in.tsv"])
        options.duplicates = .lastWins
        var questions = 0
        #expect(throws: BuildError(.interrupted(signal: 15), "interrupted; nothing is left at the output path")) {
            let monitor = BuildMonitor(output: .none) {
                questions += 1
                return questions > 5 ? 15 : nil
            }
            _ = try DatasetBuilder(options, monitor: monitor).build(PackedBuildOptions())
        }
        #expect(try scratch.names == ["in.tsv"])
    }

    @Test("refuses numbers of segments that the slots cannot be divided into", arguments: [-1, 0, 3, 24, 32_768])
    func segmentCounts(_ count: Int) throws {
        let scratch = try ScratchDirectory()
        var packed = PackedBuildOptions()
        packed.segmentCount = count
        #expect {
            try Self.build(Way(testDescription: ""), in: scratch, packed)
        } throws: { error in
            (error as? BuildError)?.kind == .usage && "\(error)".contains("a power of two from 1 to 16384")
        }
    }
}
