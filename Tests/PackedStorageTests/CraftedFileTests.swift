import Foundation
import Platform
import Storage
import TestSupport
import Testing

@testable import PackedStorage

/// Files that no writer makes, whose checksums are right where a test does not say otherwise.
@Suite struct CraftedFileTests {
    private func change(_ file: String, _ body: (inout Data, Trailer) throws -> Void) throws {
        let url = URL(fileURLWithPath: file)
        var bytes = try Data(contentsOf: url)
        let trailer = Trailer(bytes)
        try body(&bytes, trailer)
        trailer.seal(&bytes)
        try bytes.write(to: url)
    }

    private func problems(_ engine: PackedEngine) throws -> [String] {
        let walk = try engine.makeVerificationWalk()
        var page = RowPage()
        repeat { try walk.readRows(into: &page) } while !page.isEmpty
        return walk.problems
    }

    private func outcome(_ engine: PackedEngine, _ key: [UInt8]) -> (outcome: Outcome, failure: EngineError?) {
        var batch = engine.makeBatch()
        _ = batch.append(key.span)
        engine.lookUp(&batch, in: 0..<1, tier: .anywhere)
        return (batch.outcome(at: 0), batch.failure)
    }

    // MARK: Records

    @Test func `A record that says it is longer than any is not read, by whatever walks over it`() throws {
        let entries = Dictionary(
            uniqueKeysWithValues: (0..<30).map { (Array("key-\($0)".utf8), [UInt8](repeating: 7, count: 100_000)) })
        let version = try PackedVersion(entries, segmentCount: 1)
        try change(version.file()) { bytes, _ in
            // The value's length, of three bytes behind the key's of one: 2,000,000.
            bytes.replaceSubrange(64 + 5..<64 + 8, with: [0x80, 0x89, 0x7A])
        }
        let engine = try version.open()
        let told = "the record at byte 64: it is longer than the longest that the trailer tells of"
        #expect(try problems(engine) == ["\(version.file()): \(told)"])
        let scanned = #expect(throws: EngineError.self) { try engine.scan(from: .beginning, limit: 100) { _ in } }
        #expect(scanned?.message.hasSuffix(told) == true)
        let walked = #expect(throws: EngineError.self) {
            let walk = try engine.makeRowWalk(from: .beginning)
            var page = RowPage()
            repeat { try walk.readRows(into: &page) } while !page.isEmpty
        }
        #expect(walked?.message.hasSuffix(told) == true)
    }

    @Test func `An entry that leads to a record longer than any is damaged before it is read`() throws {
        let key = Array("key".utf8)
        let version = try PackedVersion([key: [UInt8](repeating: 7, count: 1_000)], segmentCount: 1)
        #expect(outcome(try version.open(), key).outcome == .hit)
        try change(version.file()) { bytes, trailer in trailer.set(120, to: 999, &bytes) }
        let found = outcome(try version.open(), key)
        #expect(found.outcome == .damaged)
        #expect(found.failure?.message == "\(version.file()), offset 4096: an entry of the index leads to no record")
    }

    @Test(
        arguments: [
            // Zero in two bytes, and 600 MiB.
            [0x80, 0x00], [0x80, 0x80, 0x80, 0xAC, 0x02],
        ] as [[UInt8]])
    func `A value whose length cannot be is damaged for verification as it is for look-ups`(length: [UInt8]) throws {
        let key = Array("k".utf8)
        var random = SeededRandom(seed: 1)
        // Of no pattern, and so stored as it is behind a zero.
        let value = (0..<40).map { _ in UInt8.random(in: 0...255, using: &random) }
        let version = try PackedVersion([key: value], compression: .zstd)
        let file = version.file()
        let good = try version.open()
        #expect(try problems(good) == [] && outcome(good, key).outcome == .hit)
        try change(file) { bytes, trailer in
            // Checksum, two lengths of a byte each, the key, and then the zero.
            try #require(bytes[64 + 7] == 0)
            bytes.replaceSubrange(64 + 7..<64 + 7 + length.count, with: length)
            trailer.sealRecord(in: 64..<64 + 7 + 1 + value.count, &bytes)
            // A decoder that takes the length takes the rest for the value.
            trailer.set(136, to: value.count - length.count + 1, &bytes)
        }
        let engine = try version.open()
        #expect(try problems(engine) == ["\(file): the record at byte 64: the length of its value cannot be"])
        #expect(outcome(engine, key).outcome == .damaged)
    }

    // MARK: Trailers

    @Test(arguments: [SegmentLayout.Compression.none, .zstd])
    func `More bytes of keys than of records do not open`(compression: SegmentLayout.Compression) throws {
        let version = try PackedVersion([[1]: [2, 3]], compression: compression)
        let file = version.file()
        try change(file) { bytes, trailer in trailer.set(128, to: 1 << 56, &bytes) }
        let error = #expect(throws: EngineError.self) { try version.open() }
        #expect(error?.kind == .damaged)
    }

    @Test func `More bytes of values than of records do not open where nothing is compressed`() throws {
        let version = try PackedVersion([[1]: [2, 3]], segmentCount: 1)
        try change(version.file()) { bytes, trailer in trailer.set(136, to: 100, &bytes) }
        let error = #expect(throws: EngineError.self) { try version.open() }
        #expect(error?.kind == .damaged)
    }

    @Test func `Values that are together more than can be counted are told as the most that can`() throws {
        let segmentCount = 128
        let version = try PackedVersion([:], segmentCount: segmentCount, compression: .zstd)
        for slot in stride(from: 0, to: PackedKey.slotCount, by: PackedKey.slotCount / segmentCount) {
            try change(version.file(firstSlot: slot)) { bytes, trailer in
                trailer.set(136, to: 1 << 56, &bytes)
            }
        }
        #expect(try version.open().facts.valueBytes == .max)
    }

    // MARK: Limits

    @Test func `A narrow line leads to 32 GiB of overflow, and beyond that the build fails`() throws {
        #expect(try SegmentIndex.pointer(toBlockAt: (32 << 30) - 8) == .max)
        let error = #expect(throws: EngineError.self) { try SegmentIndex.pointer(toBlockAt: 32 << 30) }
        #expect(error?.kind == .invalid)
    }

    @Test func `A file that another has taken the place of is not opened a second time`() throws {
        let version = try PackedVersion([[1]: [2]], segmentCount: 1)
        let first = try BulkFile(reading: version.file())
        _ = try LookupFile(path: version.file(), sameAs: first)
        let copy = "\(version.path)/copy"
        try FileManager.default.copyItem(atPath: version.file(), toPath: copy)
        #expect(throws: SystemError(call: "open", code: ESTALE)) { _ = try LookupFile(path: copy, sameAs: first) }
    }
}
