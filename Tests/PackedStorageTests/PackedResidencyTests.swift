import Foundation
import PackedStorage
import Storage
import TestSupport
import Testing

@Suite struct PackedResidencyTests {
    private let entries = Dictionary(
        uniqueKeysWithValues: (0..<3_000).map { number in
            (Array("key-\(number)".utf8), Array(repeating: UInt8(number % 251), count: 900))
        })

    private func outcomes(_ engine: PackedEngine, tier: ReadTier) -> [Outcome] {
        outcomes(of: entries, engine, tier: tier)
    }

    private func outcomes(of entries: [[UInt8]: [UInt8]], _ engine: PackedEngine, tier: ReadTier) -> [Outcome] {
        var batch = engine.makeBatch()
        for key in entries.keys { _ = batch.append(key.span) }
        engine.lookUp(&batch, in: 0..<batch.count, tier: tier)
        return (0..<batch.count).map { batch.outcome(at: $0) }
    }

    @Test func `Before it is loaded a version answers readers and lets loops wait, and afterwards loops`() throws {
        let version = try PackedVersion(entries, segmentCount: 2)
        let engine = try version.open(PackedOptions(residency: .memory))
        let before = try #require(engine.residency)
        #expect(before.residentByteCount == 0 && before.wantedByteCount > 3_000 * 900 && !before.isComplete)
        #expect(outcomes(engine, tier: .resident).allSatisfy { $0 == .wouldBlock })
        #expect(outcomes(engine, tier: .anywhere).allSatisfy { $0 == .hit })
        try engine.load(while: { true })
        #expect(engine.residency?.isComplete == true)
        #expect(outcomes(engine, tier: .resident).allSatisfy { $0 == .hit })
    }

    @Test func `Loading ends when it is told to, and goes on where it was`() throws {
        // Too long for a loop to copy them from the page cache: it has those that are loaded, and no others.
        let entries = Dictionary(
            uniqueKeysWithValues: (0..<60).map { (Array("key-\($0)".utf8), [UInt8](repeating: 7, count: 200 << 10)) })
        let engine = try PackedVersion(entries, segmentCount: 2).open(PackedOptions(residency: .memory))
        try engine.load(while: {
            guard let now = engine.residency else { return false }
            return now.residentByteCount < now.wantedByteCount / 2
        })
        let half = try #require(engine.residency)
        #expect(half.residentByteCount >= half.wantedByteCount / 2 && !half.isComplete)
        #expect(Set(outcomes(of: entries, engine, tier: .resident)) == [.hit, .wouldBlock])
        try engine.load(while: { true })
        #expect(engine.residency?.isComplete == true)
        #expect(Set(outcomes(of: entries, engine, tier: .resident)) == [.hit])
    }

    @Test func `A version larger than the memory there is keeps its index there, and reads its records`() throws {
        let version = try PackedVersion(entries, segmentCount: 2)
        let engine = try version.open(
            PackedOptions(residency: .auto, memory: PackedMemory(byteCountMax: 1 << 20)))
        try engine.load(while: { true })
        let residency = try #require(engine.residency)
        #expect(residency.mode == .disk && residency.isComplete)
        #expect(residency.wantedByteCount == residency.indexByteCount && residency.indexByteCount < 3_000 * 8)
        #expect(outcomes(engine, tier: .anywhere).allSatisfy { $0 == .hit })
        // A loop finds what is in the page cache, and never what is wrong.
        #expect(outcomes(engine, tier: .resident).allSatisfy { $0 == .hit || $0 == .wouldBlock })
        var batch = engine.makeBatch()
        for number in 0..<100 { _ = batch.append(Array("absent-\(number)".utf8).span) }
        engine.lookUp(&batch, in: 0..<batch.count, tier: .resident)
        #expect((0..<100).allSatisfy { batch.outcome(at: $0) == .miss })
    }

    /// Takes a page from a file and from memory; zeros take its place.
    private func punch(_ file: String, at offset: Int) throws {
        let punching = Process()
        punching.executableURL = URL(fileURLWithPath: "/usr/bin/fallocate")
        punching.arguments = ["--punch-hole", "--offset", "\(offset)", "--length", "4096", file]
        try punching.run()
        punching.waitUntilExit()
        try #require(punching.terminationStatus == 0)
    }

    private func waitUntil(_ condition: () -> Bool) -> Bool {
        let deadline = ContinuousClock.now + .seconds(30)
        while !condition(), ContinuousClock.now < deadline { usleep(20_000) }
        return condition()
    }

    @Test func `What memory has dropped is verified before loops use it again`() throws {
        let version = try PackedVersion(entries)
        // There is no memory to lock, so that the kernel may drop all of it.
        let options = PackedOptions(residency: .memory, memory: PackedMemory(byteCountMax: 0))
        let engine = try version.open(options)
        try engine.load(while: { true })
        #expect(engine.residency?.isComplete == true && engine.residency?.isLocked == false)
        let file = version.file()
        // In the first of two pieces of 2 MiB, which is then read into the page cache, and in the second.
        try punch(file, at: 1 << 20)
        #expect(waitUntil { engine.residency?.isComplete == false })
        _ = try Data(contentsOf: URL(fileURLWithPath: file))
        try punch(file, at: 2 << 20)
        #expect(waitUntil { engine.residency?.residentByteCount == 0 })
        let found = outcomes(engine, tier: .anywhere)
        #expect(found.allSatisfy { $0 == .hit || $0 == .damaged } && found.contains(.hit) && found.contains(.damaged))
        #expect(outcomes(engine, tier: .resident).allSatisfy { $0 == .wouldBlock })
    }

    @Test func `What is counted as locked of an index alone is what is locked: whole pieces of the file`() throws {
        let version = try PackedVersion(entries)
        let memory = PackedMemory()
        let engine = try version.open(PackedOptions(residency: .disk, memory: memory))
        try engine.load(while: { true })
        let residency = try #require(engine.residency)
        // The second of two pieces of 2 MiB, which is not whole.
        let pieces = 1..<2 << 20
        #expect(residency.indexByteCount < 1 << 16)
        #expect(residency.isLocked ? pieces.contains(memory.lockedByteCount) : memory.lockedByteCount == 0)
        #expect(!residency.isLocked || memory.lockedByteCount > residency.indexByteCount)
    }

    @Test func `Versions share the memory that may be locked, and give it back`() throws {
        let version = try PackedVersion(entries)
        let memory = PackedMemory(byteCountMax: 4 << 20)
        let options = PackedOptions(residency: .memory, memory: memory)
        do {
            var first: PackedEngine? = try version.open(options)
            try first?.load(while: { true })
            let locked = memory.lockedByteCount
            // Where locking is not permitted, nothing counts as locked.
            let isPermitted = first?.residency?.isLocked == true
            #expect(isPermitted ? locked == first?.residency?.wantedByteCount : locked < 4 << 20)
            let second = try version.open(options)
            try second.load(while: { true })
            #expect(memory.lockedByteCount <= 4 << 20)
            #expect(second.residency?.isLocked == false && second.residency?.isComplete == true)
            first = nil
            // What there was no room for is locked once there is.
            let deadline = ContinuousClock.now + .seconds(30)
            while isPermitted, second.residency?.isLocked != true, ContinuousClock.now < deadline { usleep(20_000) }
            #expect(second.residency?.isLocked == isPermitted)
        }
        #expect(memory.lockedByteCount == 0)
    }
}
