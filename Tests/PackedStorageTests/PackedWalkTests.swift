import Foundation
import PackedStorage
import Storage
import TestSupport
import Testing

@Suite("Walks over packed versions") struct PackedWalkTests {
    private static func numbered(_ range: Range<Int>) -> [[UInt8]: [UInt8]] {
        Dictionary(uniqueKeysWithValues: range.map { (Array("key:\($0)".utf8), Array("value \($0)".utf8)) })
    }

    @Test("go on in versions of other sizes, in any number of segments", arguments: [3, 10, 100, 1000])
    func acrossVersions(limit: Int) throws {
        let versions = [
            try PackedVersion(Self.numbered(0..<5000)),
            try PackedVersion(Self.numbered(100..<9000), segmentCount: 16),
            try PackedVersion(Self.numbered(50..<3000), segmentCount: 4),
        ]
        let present = Set(Self.numbered(100..<3000).keys)
        let engines = try versions.map { try $0.open() }
        #expect(
            try EngineConformance.failures(ofWalkAcross: engines, limit: limit, present: present) == [])
    }

    @Test("find a damaged byte wherever it is in records or index, and give nothing that is wrong")
    func damage() throws {
        let entries = Self.numbered(0..<300)
        let version = try PackedVersion(entries)
        let whole = try Data(contentsOf: URL(fileURLWithPath: version.file()))
        var random = SeededRandom(seed: 7)
        let end = whole.count - SegmentLayout.trailerByteCount
        var faults = 0
        for _ in 0..<400 {
            var bytes = whole
            bytes[random.pick(SegmentLayout.headByteCount...end - 1)] ^= UInt8(random.pick(1...255))
            try bytes.write(to: URL(fileURLWithPath: version.file()))
            let engine = try version.open()
            faults += try Self.walkIsHaltedOrRight(engine, entries) ? 0 : 1
        }
        // Of the file, all but a few bytes are those of records and of the index's first page.
        #expect(faults > 200)
    }

    /// True where a whole walk over keys and one over rows give all there is; false where one is halted by an error.
    private static func walkIsHaltedOrRight(_ engine: PackedEngine, _ entries: [[UInt8]: [UInt8]]) throws -> Bool {
        do throws(EngineError) {
            var keys: Set<[UInt8]> = []
            var start: ScanStart? = .beginning
            while let from = start {
                start = try engine.scan(from: from, limit: 50) { keys.insert(Array(copying: $0)) }
            }
            #expect(keys == Set(entries.keys))
            var found: [[UInt8]: [UInt8]] = [:]
            let walk = try engine.makeRowWalk(from: .beginning)
            var page = RowPage()
            repeat {
                try walk.readRows(into: &page)
                for index in 0..<page.count {
                    found[Array(copying: page[keyAt: index])] = Array(copying: page[valueAt: index])
                }
            } while !page.isEmpty
            #expect(found == entries)
            return true
        } catch {
            #expect(error.kind == .damaged)
            return false
        }
    }

    @Test("over a file that has been cut off meanwhile end with an error")
    func truncation() throws {
        let version = try PackedVersion(Self.numbered(0..<3000))
        let engine = try version.open()
        unsafe #expect(truncate(version.file(), 20_000) == 0)
        #expect(throws: EngineError.self) { try engine.scan(from: .beginning, limit: 10_000) { _ in } }
        #expect(throws: EngineError.self) { try engine.makeRowWalk(from: .beginning) }
        #expect(throws: EngineError.self) { try engine.randomKey(seed: 1) { _ in } }
    }

    @Test("by position find keys that were made for their hash")
    func craftedKeys() {
        for hash: UInt64 in [0, 1, .max, 0x0123_4567_89AB_CDEF] {
            let keys = CraftedKeys.keys(withHash: hash)
            #expect(Set(keys).count == 3)
            #expect(keys.map { PackedKey.hash($0.span) } == [hash, hash, hash])
        }
    }
}
