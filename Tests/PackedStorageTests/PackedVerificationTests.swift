import Foundation
import PackedStorage
import Storage
import TestSupport
import Testing

@Suite("Verifying a packed version") struct PackedVerificationTests {
    /// Lines that are empty, full, overflowing and wide.
    private static let entries: [[UInt8]: [UInt8]] = {
        var entries: [[UInt8]: [UInt8]] = [:]
        for number in 0..<400 { entries[Array("key:\(number)".utf8)] = Array("value \(number)".utf8) }
        for key in CraftedKeys.keys(withHashes: 1 << 60...1 << 60 + 30) { entries[key] = [1, 2] }
        entries[Array("large".utf8)] = Array(repeating: 3, count: 70_000)
        entries[CraftedKeys.keys(withHash: 77)[0]] = []
        return entries
    }()

    private static func problems(_ engine: PackedEngine) throws -> (problems: [String], rows: [[UInt8]: [UInt8]]) {
        let walk = try engine.makeVerificationWalk()
        var rows: [[UInt8]: [UInt8]] = [:]
        var page = RowPage()
        repeat {
            try walk.readRows(into: &page)
            for index in 0..<page.count {
                rows[Array(copying: page[keyAt: index])] = Array(copying: page[valueAt: index])
            }
        } while !page.isEmpty
        return (walk.problems, rows)
    }

    @Test("finds nothing wrong with what the writer makes, and gives every row", arguments: [1, 4, 64])
    func whole(segmentCount: Int) throws {
        for conformance in EngineConformance.all {
            let version = try PackedVersion(conformance.entries, segmentCount: segmentCount)
            let found = try Self.problems(version.open())
            #expect(found.problems == [] && found.rows == conformance.entries, "\(conformance)")
        }
        let version = try PackedVersion(Self.entries, segmentCount: segmentCount)
        let found = try Self.problems(version.open())
        #expect(found.problems == [] && found.rows == Self.entries)
    }

    @Test("finds any byte of a file that has changed, and names the file")
    func changedBytes() throws {
        let version = try PackedVersion(Self.entries)
        let url = URL(fileURLWithPath: version.file())
        let whole = try Data(contentsOf: url)
        var random = SeededRandom(seed: 3)
        let ends = [0..<160, whole.count - 16_384..<whole.count].flatMap(Array.init).shuffled(using: &random).prefix(
            250)
        let places = ends + (0..<150).map { _ in random.pick(0...whole.count - 1) }
        for place in places {
            var bytes = whole
            bytes[place] ^= UInt8(1 << random.pick(0...7))
            try bytes.write(to: url)
            var problems: [String] = []
            do throws(EngineError) {
                problems = try Self.found(version)
            } catch {
                problems = [error.message]
            }
            #expect(problems.first?.contains("segment-00000.packed") == true, "byte \(place): \(problems)")
        }
    }

    private static func found(_ version: PackedVersion) throws(EngineError) -> [String] {
        let walk = try version.open().makeVerificationWalk()
        var page = RowPage()
        repeat { try walk.readRows(into: &page) } while !page.isEmpty
        return walk.problems
    }

    @Test("finds an index that is not its records', though all checksums are right")
    func wrongIndex() throws {
        let version = try PackedVersion(Self.entries)
        let url = URL(fileURLWithPath: version.file())
        let whole = try Data(contentsOf: url)
        let layout = Trailer(whole)
        var random = SeededRandom(seed: 5)
        for turn in 0..<300 {
            var bytes = whole
            let place = layout.lines + (turn < 100 ? random.pick(0...63) : random.pick(0...layout.indexByteCount - 1))
            bytes[place] ^= UInt8(1 << random.pick(0...7))
            layout.seal(&bytes)
            try bytes.write(to: url)
            let problems = try Self.found(version)
            #expect(problems.first?.contains("index") == true, "byte \(place - layout.lines): \(problems)")
        }
    }

    @Test("finds a trailer that counts wrongly, though its checksum is right", arguments: [120, 128, 136])
    func wrongCounts(field: Int) throws {
        let version = try PackedVersion(Self.entries)
        let url = URL(fileURLWithPath: version.file())
        var bytes = try Data(contentsOf: url)
        bytes[bytes.count - 4_096 + field] ^= 1
        Trailer(bytes).seal(&bytes)
        try bytes.write(to: url)
        let problems = try Self.found(version)
        #expect(problems.count == 1 && problems[0].contains("the trailer says"), "\(problems)")
    }

    @Test(
        "finds a value whose length is not as it should be written, as look-ups do",
        arguments: [[0x80, 0x00, 7], [0x81, 0x80, 0x80, 0x80, 0x02, 7]] as [[UInt8]])
    func wrongValueLength(stored: [UInt8]) throws {
        let key = Array("key".utf8)
        let version = try PackedVersion([key: stored], segmentCount: 1)
        let url = URL(fileURLWithPath: version.file())
        var bytes = try Data(contentsOf: url)
        // Values are now said to be compressed.
        bytes[bytes.count - 4_096 + 12] = 1
        Trailer(bytes).seal(&bytes)
        try bytes.write(to: url)
        let problems = try Self.found(version)
        #expect(problems.contains { $0.contains("the length of its value cannot be") }, "\(problems)")
        let engine = try version.open()
        var batch = engine.makeBatch()
        _ = batch.append(key.span)
        engine.lookUp(&batch, in: 0..<1, tier: .anywhere)
        #expect(batch.outcome(at: 0) == .damaged)
    }

    @Test("finds a record in a segment of other slots")
    func wrongSlot() throws {
        let key = Array("foo".utf8)  // Of slot 12182.
        let version = try PackedVersion([key: [1]], segmentCount: 2)
        let whole = try Data(contentsOf: URL(fileURLWithPath: version.file(firstSlot: 8192)))
        var moved = whole
        let trailer = moved.count - 4_096
        for offset in 16..<20 { moved[trailer + offset] = 0 }
        Trailer(moved).seal(&moved)
        try moved.write(to: URL(fileURLWithPath: version.file(firstSlot: 0)))
        let problems = try Self.found(version)
        #expect(problems.count == 1 && problems[0].contains("slot 12182"), "\(problems)")
    }
}
