import Foundation
import RocksDBStorage
import Storage
import TestSupport
import Testing

@Suite struct RowCacheTests {
    /// The smallest cache there is, so that its ring goes round often.
    static let cacheBytes = 1 << 20

    @Test("Values stay right and in place while the cache's ring goes round", arguments: [1, 2, 3])
    func ringGoesRound(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var entries: [[UInt8]: [UInt8]] = [:]
        for number in 0..<4_000 {
            // Empty and tiny values, values around the size of a row, and values too large to be kept.
            let count = [0, 1, 90, 700, 4_050, 6_000][number % 6] + Int(random.next() % 40)
            entries[numberedKey(number)] = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ number) }
        }
        let directory = try TemporaryDirectory()
        let path = directory.path("db")
        _ = try write(entries, to: path)
        let engine = try openDatabase(path)
        var batch = engine.makeBatch(rowCacheBytes: Self.cacheBytes)
        for round in 0..<1_500 {
            // Half of the keys from a few that are asked for again and again.
            var keys: [[UInt8]] = []
            for _ in 0..<Int(random.next() % 120) {
                let range: UInt64 = random.next() % 2 == 0 ? 60 : 4_100
                keys.append(numberedKey(Int(random.next() % range)))
            }
            for key in keys { _ = batch.append(key.span) }
            engine.lookUp(&batch, in: 0..<keys.count, tier: round % 3 == 0 ? .anywhere : .resident)
            engine.lookUp(&batch, in: 0..<keys.count, tier: .anywhere)
            // All of them only now: no insertion of this batch may have touched a value lent before it.
            for (index, key) in keys.enumerated() {
                guard let value = entries[key] else {
                    #expect(batch.outcome(at: index) == .miss)
                    continue
                }
                #expect(batch.outcome(at: index) == .hit)
                #expect(Array(copying: batch[valueAt: index]) == value, "round \(round), key \(index)")
            }
            batch.removeAll()
        }
    }

    @Test("A row is still resident when its block has gone from the cache of blocks")
    func outlivesItsBlock() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path("db")
        _ = try writeNumbered(50_000, to: path)
        let engine = try openDatabase(path, cacheBytes: 256 << 10)
        let key = numberedKey(7)
        var cached = engine.makeBatch(rowCacheBytes: Self.cacheBytes)
        #expect(lookUp(engine, key) == .hit(numberedValue("value", 7)))
        #expect(answer(engine, key, in: &cached) == .hit)

        // Only now: asking for the key on the way would keep its block in use.
        for number in stride(from: 100, to: 50_000, by: 20) { _ = lookUp(engine, numberedKey(number)) }
        try #require(lookUp(engine, key, tier: .resident) == .wouldBlock)
        #expect(answer(engine, key, in: &cached) == .hit)
    }

    private func answer(_ engine: RocksDBEngine, _ key: [UInt8], in batch: inout LookupBatch) -> Outcome {
        _ = batch.append(key.span)
        engine.lookUp(&batch, in: 0..<1, tier: .resident)
        let outcome = batch.outcome(at: 0)
        batch.removeAll()
        return outcome
    }
}
