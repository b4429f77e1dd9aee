import Bytes
import Glibc
import PackedStorage
import Platform
import Storage

/// A small packed version in a directory of its own, and what each of its keys holds.
final class PackedTrial: Sendable {
    private let directory: String
    private let file: String
    private let good: [UInt8]
    private let entries: [(key: [UInt8], value: [UInt8])]
    private let layout: SegmentLayout
    private let memory = PackedMemory()

    init() {
        // Fuzzing leaves its directory behind: the process ends in the middle of it.
        directory = "/tmp/packed-fuzz-\(getpid())"
        file = "\(directory)/\(SegmentLayout.fileName(firstSlot: 0))"
        var entries: [(key: [UInt8], value: [UInt8])] = []
        for number in 0..<120 {
            let count = number == 60 ? 70_000 : number * 13 % 200
            entries.append((Array("key-\(number)".utf8), Array(repeating: UInt8(number), count: count)))
        }
        entries.sort { PackedKey.hash($0.key.span) < PackedKey.hash($1.key.span) }
        self.entries = entries
        do {
            _ = unsafe mkdir(directory, 0o700)
            var writer = try SegmentWriter(directory: directory, slots: 0..<PackedKey.slotCount)
            for entry in entries {
                try writer.append(
                    hash: PackedKey.hash(entry.key.span), key: entry.key.span, value: entry.value.span)
            }
            layout = try writer.finish()
            good = try FileSystem.read(file, byteCountMax: 1 << 24) ?? []
        } catch {
            preconditionFailure("no version to change: \(error)")
        }
    }

    /// Each five bytes of `changes` are a change: where from the end, in three, what with, and of which kind the checks
    /// behind it are.
    func run(_ changes: [UInt8]) throws {
        var bytes = good
        var isForged = false
        for start in stride(from: 0, to: changes.count - 4, by: 5) {
            let place = Int(changes[start]) | Int(changes[start + 1]) << 8 | Int(changes[start + 2]) << 16
            bytes[bytes.count - 1 - place % bytes.count] ^= changes[start + 3]
            if changes[start + 4] & 1 == 1 { isForged = true }
        }
        if isForged { forge(&bytes) }
        try FileSystem.write(bytes, to: file, isDurable: false)
        let reads: PackedOptions.VerifiedReads =
            switch (changes.first ?? 0) % 3 {
            case 0: .off
            case 1: .cold
            default: .all
            }
        let options = PackedOptions(residency: .memory, verifiedReads: reads, memory: memory)
        guard let engine = try? PackedEngine(path: directory, options: options) else { return }
        let isTrusted = !isForged && reads != .off
        check(engine, tier: .anywhere, isTrusted)
        // What cannot be loaded is answered by the disk, or as damaged.
        try? engine.load(while: { true })
        check(engine, tier: .resident, isTrusted)
        check(engine, tier: .anywhere, isTrusted)
    }

    /// Makes the checksums of the index, and the trailer's, fit what is there now.
    private func forge(_ bytes: inout [UInt8]) {
        func put(_ number: UInt64, at offset: Int) {
            for byte in 0..<8 { bytes[offset + byte] = UInt8(truncatingIfNeeded: number >> UInt64(8 * byte)) }
        }
        for page in 0..<layout.pageChecksums.count / 8 {
            let start = layout.index.offset + page * SegmentLayout.pageByteCount
            let end = min(start + SegmentLayout.pageByteCount, layout.index.end)
            put(PackedKey.hash(bytes.span.extracting(start..<end)), at: layout.pageChecksums.offset + page * 8)
        }
        let trailer = bytes.count - SegmentLayout.trailerByteCount
        put(PackedKey.hash(bytes.span.extracting(trailer..<bytes.count - 8)), at: bytes.count - 8)
    }

    private func check(_ engine: PackedEngine, tier: ReadTier, _ isTrusted: Bool) {
        var batch = engine.makeBatch()
        for entry in entries { _ = batch.append(entry.key.span) }
        engine.lookUp(&batch, in: 0..<batch.count, tier: tier)
        for (index, entry) in entries.enumerated() {
            switch batch.outcome(at: index) {
            case .hit:
                // Reads every byte of it, which the sanitizer watches.
                let isRight = batch[valueAt: index].isEqual(to: entry.value.span)
                precondition(isRight || !isTrusted, "a wrong value")
            case .miss: precondition(!isTrusted, "a key is missing")
            case .wouldBlock: precondition(tier == .resident)
            case .damaged: break
            case .pending: preconditionFailure("a key was passed over")
            }
        }
    }
}
