import Synchronization

/// The places that SCAN's cursors stand for, where an engine walks in key order.
///
/// A cursor is a hash of the key that the walk goes on at, so the same page asked for twice is the same
/// cursor, a walk goes on across a swap at the next key that is still there, and the table is bounded:
/// two generations, the older of which is dropped whenever the younger is full. A cursor stays good as
/// long as fewer than ``generationCountMax`` others are made. Any thread may call.
public final class ScanCursors: Sendable {
    private struct Generations {
        var young: [UInt64: [UInt8]] = [:]
        var old: [UInt64: [UInt8]] = [:]
        var youngBytes = 0
    }

    private let generations = Mutex(Generations())
    /// Cursors of one generation, of which two are kept.
    public static let generationCountMax = 65_536
    /// Bytes of the keys of one generation: huge keys must not fill the memory.
    private static let generationBytesMax = 32 << 20

    public init() {}

    /// The cursor for a walk that goes on at `key`: above 0 and below 2^53, as node-redis 4 needs.
    public func cursor(for key: [UInt8]) -> UInt64 {
        generations.withLock { generations in
            var cursor = Self.hash(key)
            // Two keys with one hash: as rare as it is, a walk must not go on at the wrong one.
            while let other = generations.young[cursor] ?? generations.old[cursor], other != key {
                cursor = cursor % Self.cursorMax + 1
            }
            Self.keep(key, for: cursor, in: &generations)
            return cursor
        }
    }

    /// The key that `cursor` stands for; `nil` for one that is made up or too old.
    public func key(for cursor: UInt64) -> [UInt8]? {
        generations.withLock { generations in
            if let key = generations.young[cursor] { return key }
            guard let key = generations.old[cursor] else { return nil }
            Self.keep(key, for: cursor, in: &generations)
            return key
        }
    }

    private static func keep(_ key: [UInt8], for cursor: UInt64, in generations: inout Generations) {
        guard generations.young.updateValue(key, forKey: cursor) == nil else { return }
        generations.youngBytes += key.count
        guard generations.young.count >= generationCountMax || generations.youngBytes >= generationBytesMax else {
            return
        }
        (generations.old, generations.young, generations.youngBytes) = (generations.young, [:], 0)
    }

    /// No cursor is greater.
    static let cursorMax: UInt64 = (1 << 53) - 1

    /// FNV-1a (Fowler, Noll, Vo), finished as in SplitMix64 and cut to 1...2^53 - 1.
    private static func hash(_ key: [UInt8]) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in key { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        var mixer = SplitMix64(state: hash)
        return mixer.next() % cursorMax + 1
    }
}
