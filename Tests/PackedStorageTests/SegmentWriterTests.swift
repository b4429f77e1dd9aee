import Bytes
import Foundation
import PackedStorage
import Storage
import TestSupport
import Testing

@Suite("Packed keys")
struct PackedKeyTests {
    @Test(
        "a key's slot is Redis Cluster's",
        arguments: [
            ("foo", 12182), ("", 0), ("{user1000}.following", 3443), ("user1000", 3443), ("foo{}{bar}", 8363),
            ("foo{{bar}}zap", 4015), ("123456789", 12739),
        ])
    func slots(key: String, slot: Int) {
        #expect(PackedKey.slot(Array(key.utf8).span) == slot)
    }
}

@Suite("Writing a segment")
struct SegmentWriterTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var keyCount: Int
        var keyByteCountMax = 24
        var valueByteCountMax = 60
        var forms: Set<DecodedSegment.LineForm>
    }

    static let shapes = [
        Shape(testDescription: "no keys", keyCount: 0, forms: [.empty]),
        Shape(testDescription: "one key", keyCount: 1, forms: [.narrow]),
        Shape(testDescription: "a line's keys", keyCount: 13, forms: [.narrow]),
        Shape(testDescription: "one more", keyCount: 14, forms: [.narrow]),
        Shape(testDescription: "lines of all sizes", keyCount: 20_000, forms: [.narrow, .overflowing]),
        Shape(testDescription: "values of all sizes", keyCount: 3_000, valueByteCountMax: 9_000, forms: [.wide]),
        Shape(testDescription: "long keys", keyCount: 300, keyByteCountMax: 20_000, forms: [.wide]),
    ]

    private func rows(_ shape: Shape) -> [[UInt8]: [UInt8]] {
        var random = SeededRandom(seed: UInt64(shape.keyCount))
        var rows: [[UInt8]: [UInt8]] = [:]
        while rows.count < shape.keyCount {
            let filler = [UInt8](repeating: 0x6B, count: Int.random(in: 0...shape.keyByteCountMax, using: &random))
            let key = filler + Array("\(random.next())".utf8)
            rows[key] = [UInt8](repeating: 0x76, count: Int.random(in: 0...shape.valueByteCountMax, using: &random))
        }
        return rows
    }

    @Test("leaves what the format says, and all of the rows", arguments: shapes)
    func writes(_ shape: Shape) throws {
        let rows = rows(shape)
        let version = try PackedVersion(rows)
        let segment = try DecodedSegment(path: version.file())
        let found = Dictionary(uniqueKeysWithValues: segment.records.map { ($0.key, $0.stored) })
        #expect(found == rows)
        #expect(segment.lineForms.isSuperset(of: shape.forms))
    }

    @Test("leaves the same bytes where the index does not fit the memory for it", arguments: shapes, [0, 160])
    func readsBack(_ shape: Shape, _ memoryBytes: Int) throws {
        let rows = rows(shape)
        let versions = [try PackedVersion(rows), try PackedVersion(rows, indexMemoryBytes: memoryBytes)]
        let files = try versions.map { try Data(contentsOf: URL(fileURLWithPath: $0.file())) }
        #expect(files[0] == files[1])
    }

    @Test("reads back records that are larger than what it reads at a time")
    func readsBackLarge() throws {
        var rows: [[UInt8]: [UInt8]] = [:]
        for index in 0..<20 {
            let large = [UInt8](repeating: UInt8(index), count: index.isMultiple(of: 3) ? 3 << 20 : 17)
            rows[Array("\(index)".utf8) + (index == 5 ? large + [UInt8](repeating: 1, count: 2 << 20) : [])] = large
        }
        rows[Array("larger than the writer's buffer".utf8)] = [UInt8](repeating: 0x76, count: 9 << 20)
        let version = try PackedVersion(rows, indexMemoryBytes: 0)
        let segment = try DecodedSegment(path: version.file())
        #expect(Dictionary(uniqueKeysWithValues: segment.records.map { ($0.key, $0.stored) }) == rows)
    }

    @Test("compresses values that gain by it, with a dictionary where there is enough to learn from")
    func compresses() throws {
        var random = SeededRandom(seed: 1)
        var rows: [[UInt8]: [UInt8]] = [Array("empty".utf8): [], Array("short".utf8): Array("x".utf8)]
        for index in 0..<5000 {
            rows[Array("key:\(index)".utf8)] = Array("{\"name\":\"visitor \(index)\",\"visits\":\(index % 7)}".utf8)
        }
        rows[Array("chance".utf8)] = (0..<1000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let version = try PackedVersion(rows, compression: .zstd)
        let segment = try DecodedSegment(path: version.file())
        let stored = Dictionary(uniqueKeysWithValues: segment.records.map { ($0.key, $0.stored) })
        #expect(stored[Array("empty".utf8)] == [])
        #expect(stored[Array("short".utf8)] == [0, 0x78])
        #expect(stored[Array("chance".utf8)] == [0] + (rows[Array("chance".utf8)] ?? []))
        #expect(segment.records.reduce(0) { $0 + $1.stored.count } < rows.values.reduce(0) { $0 + $1.count } * 3 / 4)
        #expect(try contents(of: version.path) == rows)
    }

    @Test("refuses to write over a segment")
    func exists() throws {
        let version = try PackedVersion([:])
        #expect {
            try version.write([:], segmentCount: 1)
        } throws: { error in
            (error as? EngineError)?.kind == .io
        }
    }
}

/// All rows of the version at `path`, each looked up besides.
func contents(of path: String) throws -> [[UInt8]: [UInt8]] {
    let engine = try PackedEngine(path: path)
    let walk = try engine.makeRowWalk(from: .beginning)
    var rows: [[UInt8]: [UInt8]] = [:]
    var page = RowPage()
    while true {
        try walk.readRows(into: &page)
        if page.isEmpty { break }
        for index in 0..<page.count { rows[page[keyAt: index].copied()] = page[valueAt: index].copied() }
    }
    var batch = engine.makeBatch()
    let keys = Array(rows.keys)
    for key in keys { _ = batch.append(key.span) }
    engine.lookUp(&batch, in: 0..<batch.count, tier: .anywhere)
    for (index, key) in keys.enumerated() {
        try #require(batch.outcome(at: index) == .hit)
        #expect(batch[valueAt: index].copied() == rows[key])
    }
    return rows
}
