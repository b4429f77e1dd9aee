import Foundation
import Platform
import Storage
import TestSupport
import Testing

@testable import PackedStorage

/// What becomes of a loaded version whose pages go.
@Suite("Mapped files of a packed version") struct PackedMappingTests {
    private static let entries = Dictionary(
        uniqueKeysWithValues: (0..<3_000).map { number in
            (Array("key-\(number)".utf8), [UInt8](repeating: UInt8(number % 251), count: 900))
        })

    /// How many keys of each half of the slots have each outcome; values that are found must be right.
    private static func outcomes(_ engine: PackedEngine, tier: ReadTier) -> (
        first: [Outcome: Int], last: [Outcome: Int]
    ) {
        var batch = engine.makeBatch()
        let keys = Array(entries.keys)
        for key in keys { _ = batch.append(key.span) }
        engine.lookUp(&batch, in: 0..<batch.count, tier: tier)
        var counts: (first: [Outcome: Int], last: [Outcome: Int]) = ([:], [:])
        for (index, key) in keys.enumerated() {
            let outcome = batch.outcome(at: index)
            if outcome == .hit { #expect(Array(copying: batch[valueAt: index]) == entries[key]) }
            if PackedKey.slot(key.span) < PackedKey.slotCount / 2 {
                counts.first[outcome, default: 0] += 1
            } else {
                counts.last[outcome, default: 0] += 1
            }
        }
        return counts
    }

    /// Has the kernel take back the pages of every segment; false where it keeps them, as file systems in memory must.
    private static func dropPages(_ engine: PackedEngine, of version: PackedVersion) throws -> Bool {
        for segment in engine.segments {
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: segment.path))
            try file.synchronize()
            // Safety: a whole mapping, which loses none of its contents; 21 is Linux's MADV_PAGEOUT.
            unsafe madvise(UnsafeMutableRawPointer(mutating: segment.mapping.base), segment.mapping.byteCount, 21)
        }
        return engine.segments.allSatisfy { !$0.mapping.isInMemory(chunk: 0) }
    }

    @Test("are not taken for resident when the kernel has dropped some, until they are loaded again")
    func dropped() throws {
        let version = try PackedVersion(Self.entries, segmentCount: 2)
        // There is less memory to lock than the version has bytes.
        let engine = try version.open(
            PackedOptions(residency: .memory, memory: PackedMemory(byteCountMax: 1)))
        try engine.load(while: { true })
        #expect(engine.residency?.isLocked == false && engine.residency?.isComplete == true)
        guard try Self.dropPages(engine, of: version) else {
            try Test.cancel("the file system keeps its pages in memory")
        }
        engine.pages.refresh()
        for mapping in engine.segments.map(\.mapping) {
            for chunk in 0..<mapping.chunkCount where mapping.mark(ofChunk: chunk) == .resident {
                #expect(mapping.isInMemory(chunk: chunk))
            }
        }
        let meanwhile = Self.outcomes(engine, tier: .resident)
        #expect(Set(meanwhile.first.keys).union(meanwhile.last.keys).isSubset(of: [.hit, .wouldBlock]))
        let cold = Self.outcomes(engine, tier: .anywhere)
        #expect(Set(cold.first.keys).union(cold.last.keys) == [.hit])
        try engine.load(while: { true })
        #expect(engine.residency?.isComplete == true)
        let again = Self.outcomes(engine, tier: .resident)
        #expect(Set(again.first.keys).union(again.last.keys) == [.hit])
    }

    @Test("give errors for what a disk no longer gives, never a miss, and the rest as before")
    func faulted() async {
        // A failed page costs every look-up of the process that runs meanwhile its answer.
        await #expect(processExitsWith: .success) {
            try MappingFaults.guardProcess()
            let version = try PackedVersion(Self.entries, segmentCount: 2)
            let engine = try version.open(PackedOptions(residency: .memory))
            try engine.load(while: { true })
            let before = Self.outcomes(engine, tier: .resident)
            #expect(Set(before.first.keys) == [.hit] && Set(before.last.keys) == [.hit])
            let faults = MappingFaults.count
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: version.file()))
            try file.truncate(atOffset: 4_096)
            // Whatever was found in the batch that met with it is taken back.
            let during = Self.outcomes(engine, tier: .resident)
            #expect(during.first == [.damaged: before.first[.hit] ?? 0])
            #expect(during.last == [.damaged: before.last[.hit] ?? 0])
            #expect(MappingFaults.count > faults)
            // Both before the version has taken notice of what failed and after.
            for _ in 0..<2 {
                let resident = Self.outcomes(engine, tier: .resident)
                #expect(resident.first == during.first && resident.last == before.last)
                let cold = Self.outcomes(engine, tier: .anywhere)
                #expect(cold.first == during.first && cold.last == before.last)
                engine.pages.refresh()
            }
            #expect(engine.residency?.isComplete == false)
        }
    }
}
