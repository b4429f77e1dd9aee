import Synchronization

/// The places that SCAN's cursors stand for, where an engine walks in key order.
///
/// Cursors of this kind are odd. Those of engines without an order are even: twice a position, which is the same in
/// every version and on every server, and so needs no table. A walk that meets the other kind of engine after a swap
/// is told from one that does not by that.
///
/// A cursor is a hash of the key that the walk goes on at, so the same page asked for twice is the same cursor, and a
/// walk goes on across a swap at the next key that is still there. The table is bounded, and what it forgets first is
/// what nobody needs any more: a cursor that has come back as often as it was handed out is *used*, and the others are
/// *awaited*. A walk awaits one cursor at a time, however many pages it has, so a fast walk over everything costs a
/// slow one nothing.
///
/// An awaited cursor stays good as long as fewer than ``awaitedCountMax`` other walks are begun and left, whatever
/// time that takes; a used one, for a client that repeats a request, until ``usedCountMax`` others have been used.
/// Any thread may call.
public final class ScanCursors: Sendable {
    private struct Place {
        var key: [UInt8]
        /// How often the cursor was handed out and has not come back.
        var awaitedCount = 0
    }

    private struct Places {
        var awaited = Generations(countMax: awaitedCountMax, bytesMax: 32 << 20)
        var used = Generations(countMax: usedCountMax, bytesMax: 4 << 20)

        subscript(cursor: UInt64) -> Place? { awaited[cursor] ?? used[cursor] }
    }

    /// Two generations, the older of which is dropped whenever the younger is full.
    private struct Generations {
        let countMax: Int
        /// Of the keys of one generation: huge ones must not fill the memory.
        let bytesMax: Int
        private var young: [UInt64: Place] = [:]
        private var old: [UInt64: Place] = [:]
        private var youngBytes = 0

        init(countMax: Int, bytesMax: Int) {
            self.countMax = countMax
            self.bytesMax = bytesMax
        }

        subscript(cursor: UInt64) -> Place? { young[cursor] ?? old[cursor] }

        mutating func remove(_ cursor: UInt64) -> Place? {
            if let place = old.removeValue(forKey: cursor) { return place }
            guard let place = young.removeValue(forKey: cursor) else { return nil }
            youngBytes -= place.key.count
            return place
        }

        /// Adds a cursor that is not there.
        ///
        /// - Returns: What is forgotten for it, to be freed where nobody waits.
        mutating func insert(_ place: Place, for cursor: UInt64) -> [UInt64: Place] {
            young[cursor] = place
            youngBytes += place.key.count
            guard young.count >= countMax || youngBytes >= bytesMax else { return [:] }
            let forgotten = old
            (old, young, youngBytes) = (young, [:], 0)
            return forgotten
        }
    }

    private let places = Mutex(Places())
    /// Awaited cursors of one generation, of which two are kept.
    public static let awaitedCountMax = 65_536
    /// Used cursors of one generation, of which two are kept.
    public static let usedCountMax = 16_384

    public init() {}

    /// The key that `cursor` stands for; `nil` for one that is made up or too old.
    public func key(for cursor: UInt64) -> [UInt8]? { places.withLock { $0[cursor]?.key } }

    /// Notes that a page has been read; may take milliseconds to free memory, so readers call it.
    ///
    /// - Parameters:
    ///   - used: The cursor that the page began at; 0 for the first page.
    ///   - key: Where the walk goes on; `nil` at its end.
    /// - Returns: The cursor of the next page: odd and below 2^53, as node-redis 4 needs; 0 at the end.
    public func advance(from used: UInt64, to key: [UInt8]?) -> UInt64 {
        // Freed when the lock has been let go of.
        var forgotten: [[UInt64: Place]] = []
        return places.withLock { places in
            // A page that was asked for once before is the same walk again, not another.
            let isRepeated = used != 0 && places.awaited[used] == nil
            if !isRepeated, var place = places.awaited.remove(used) {
                place.awaitedCount -= 1
                forgotten.append(
                    place.awaitedCount > 0
                        ? places.awaited.insert(place, for: used) : places.used.insert(place, for: used))
            }
            guard let key else { return 0 }
            var cursor = Self.hash(key)
            // Two keys with one hash: as rare as it is, a walk must not go on at the wrong one.
            while let other = places[cursor], other.key != key { cursor = (cursor + 2) & Self.cursorMax }
            if isRepeated, places[cursor] != nil { return cursor }
            var place = places.awaited.remove(cursor) ?? places.used.remove(cursor) ?? Place(key: key)
            place.awaitedCount += 1
            forgotten.append(places.awaited.insert(place, for: cursor))
            return cursor
        }
    }

    /// No cursor is greater.
    static let cursorMax: UInt64 = (1 << 53) - 1

    /// FNV-1a (Fowler, Noll, Vo), finished as in SplitMix64 and cut to an odd number below 2^53.
    private static func hash(_ key: [UInt8]) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in key { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        var mixer = SplitMix64(state: hash)
        return mixer.next() & cursorMax | 1
    }
}
