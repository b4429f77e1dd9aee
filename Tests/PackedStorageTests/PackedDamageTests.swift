import Foundation
import PackedStorage
import Storage
import TestSupport
import Testing

/// What was found for a key, copied.
private enum Found: Equatable {
    case value([UInt8])
    case other(Outcome)
}

private func lookUp(_ engine: PackedEngine, _ keys: [[UInt8]], tier: ReadTier) -> [Found] {
    var batch = engine.makeBatch()
    for key in keys { _ = batch.append(key.span) }
    engine.lookUp(&batch, in: 0..<batch.count, tier: tier)
    return keys.indices.map { index in
        batch.outcome(at: index) == .hit
            ? .value(Array(copying: batch[valueAt: index])) : .other(batch.outcome(at: index))
    }
}

/// Rows of several lengths, some of which make wide lines.
private func someEntries(_ count: Int) -> [[UInt8]: [UInt8]] {
    var entries: [[UInt8]: [UInt8]] = [:]
    for number in 0..<count {
        let length = number % 61 == 0 ? 40_000 : number % 7 == 0 ? 300 : number % 50
        entries[Array("key-\(number)".utf8)] = (0..<length).map { UInt8(truncatingIfNeeded: $0 &+ number) }
    }
    return entries
}

@Suite struct PackedDamageTests {
    @Test(arguments: 0..<8) func `A changed byte gives what was written or an error, and never anything else`(
        seed: UInt64
    ) throws {
        let entries = someEntries(400)
        let keys = entries.keys.sorted { $0.lexicographicallyPrecedes($1) }
        let absent = (0..<100).map { Array("absent-\($0)".utf8) }
        let version = try PackedVersion(entries, segmentCount: 2)
        let good = try Data(contentsOf: URL(fileURLWithPath: version.file()))
        var random = SeededRandom(seed: seed)
        var (damagedCount, openedCount) = (0, 0)
        for _ in 0..<40 {
            var bytes = good
            // Half of the changes go into the index and behind, which is smaller.
            let first = Bool.random(using: &random) ? 0 : bytes.count - 16 << 10
            bytes[Int.random(in: first..<bytes.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            try bytes.write(to: URL(fileURLWithPath: version.file()))
            let engine: PackedEngine
            do {
                engine = try version.open(PackedOptions(residency: .memory))
            } catch {
                #expect(error.kind == .damaged || error.kind == .unsupported)
                damagedCount += 1
                continue
            }
            openedCount += 1
            let cold = lookUp(engine, keys, tier: .anywhere)
            // What is damaged is found, and the rest is loaded all the same.
            try? engine.load(while: { true })
            let loaded = lookUp(engine, keys, tier: .resident)
            for (index, key) in keys.enumerated() {
                let expected = Found.value(entries[key] ?? [])
                if PackedKey.slot(key.span) >= PackedKey.slotCount / 2 {
                    // Of the segment that is as it was.
                    #expect(cold[index] == expected && loaded[index] == expected)
                    continue
                }
                #expect(cold[index] == expected || cold[index] == .other(.damaged))
                #expect(loaded[index] == expected || [.other(.damaged), .other(.wouldBlock)].contains(loaded[index]))
                if cold[index] == .other(.damaged) { damagedCount += 1 }
            }
            for outcome in lookUp(engine, absent, tier: .anywhere) {
                #expect(outcome == .other(.miss) || outcome == .other(.damaged))
            }
        }
        #expect(damagedCount > 0 && openedCount > 0)
    }

    @Test(arguments: [PackedOptions.Residency.memory, .disk])
    func `No key is absent for a page of the index that is damaged, before and after loading`(
        residency: PackedOptions.Residency
    ) throws {
        let entries = Dictionary(uniqueKeysWithValues: (0..<20_000).map { (Array("key-\($0)".utf8), [UInt8(7)]) })
        let keys = Array(entries.keys)
        let version = try PackedVersion(entries)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: version.file()))
        // The tags of the first line of the sixth page of many.
        let trailer = bytes.suffix(4_096)
        let lines = trailer.dropFirst(56).prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        for index in 0..<28 { bytes[lines + 5 * 4_096 + 8 + index] ^= 0xFF }
        try bytes.write(to: URL(fileURLWithPath: version.file()))
        let engine = try version.open(PackedOptions(residency: residency))
        for isLoaded in [false, true] {
            if isLoaded { try? engine.load(while: { true }) }
            for tier in [ReadTier.anywhere, .resident] {
                let found = lookUp(engine, keys, tier: tier)
                #expect(!found.contains(.other(.miss)))
                if tier == .anywhere { #expect(found.count { $0 == .other(.damaged) } > 100) }
                #expect(tier == .resident || found.count { $0 == .value([7]) } > 15_000)
            }
        }
    }

    @Test func `A damaged record is told with its file and place, and costs only its own key`() throws {
        let entries = someEntries(300)
        let version = try PackedVersion(entries)
        let file = version.file()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        // In the first record's value or key, as none is shorter.
        bytes[64 + 8] ^= 0x40
        try bytes.write(to: URL(fileURLWithPath: file))
        let engine = try version.open()
        var batch = engine.makeBatch()
        for key in entries.keys { _ = batch.append(key.span) }
        engine.lookUp(&batch, in: 0..<batch.count, tier: .anywhere)
        let damaged = (0..<batch.count).filter { batch.outcome(at: $0) != .hit }
        #expect(damaged.count == 1)
        #expect(damaged.allSatisfy { batch.outcome(at: $0) == .damaged })
        let found = batch.failure
        let failure = try #require(found)
        #expect(failure.kind == .damaged)
        #expect(failure.message == "\(file), offset 64: the checksum of a record is wrong")
        let loading = #expect(throws: EngineError.self) { try engine.load(while: { true }) }
        #expect(loading?.message == failure.message)
    }

    @Test(arguments: PackedOptions.VerifiedReads.allCases)
    func `A reader takes a damaged record for right only where it is told not to verify`(
        reads: PackedOptions.VerifiedReads
    ) throws {
        let key = Array("key".utf8)
        let version = try PackedVersion([key: Array("value".utf8)])
        var bytes = try Data(contentsOf: URL(fileURLWithPath: version.file()))
        // The value's first byte: behind the head, a checksum, two lengths and the key.
        bytes[64 + 4 + 2 + 3] = UInt8(ascii: "V")
        try bytes.write(to: URL(fileURLWithPath: version.file()))
        let engine = try version.open(PackedOptions(verifiedReads: reads))
        let expected = reads == .off ? Found.value(Array("Value".utf8)) : .other(.damaged)
        #expect(lookUp(engine, [key], tier: .anywhere) == [expected])
    }

    @Test func `A file that has been cut short does not open`() throws {
        let version = try PackedVersion(someEntries(50))
        let file = version.file()
        let good = try Data(contentsOf: URL(fileURLWithPath: file))
        for count in [0, 1, 63, 64, 4_159, 4_160, good.count / 2, good.count - 4_096, good.count - 1] {
            try good.prefix(count).write(to: URL(fileURLWithPath: file))
            #expect(throws: EngineError.self) { try version.open() }
        }
    }

    @Test func `A missing, doubled or foreign segment does not open`() throws {
        let version = try PackedVersion(someEntries(50), segmentCount: 4)
        let last = version.file(firstSlot: 12_288)
        try FileManager.default.moveItem(atPath: last, toPath: "\(version.path)/kept")
        #expect(throws: EngineError.self) { try version.open() }
        try FileManager.default.copyItem(atPath: version.file(), toPath: last)
        #expect(throws: EngineError.self) { try version.open() }
        try FileManager.default.removeItem(atPath: last)
        try FileManager.default.moveItem(atPath: "\(version.path)/kept", toPath: last)
        _ = try version.open()
    }
}
