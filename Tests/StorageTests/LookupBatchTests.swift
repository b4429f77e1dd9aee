import Storage
import TestSupport
import Testing

private final class CountingPins: LookupPins {
    private(set) var releases = 0

    func releaseAll() { releases += 1 }
}

@Suite struct LookupBatchTests {
    @Test("Keys keep their order and bytes while the batch grows, and begin without an answer")
    func growth() {
        var batch = LookupBatch(pins: CountingPins(), capacity: 1)
        var random = SeededRandom(seed: 1)
        var keys: [[UInt8]] = []
        for expected in 0..<1_000 {
            let key = random.bytes(random.pick(0...40))
            keys.append(key)
            #expect(batch.append(key.span) == expected)
        }
        #expect(batch.count == keys.count)
        for index in keys.indices {
            #expect(Array(copying: batch[keyAt: index]) == keys[index])
            #expect(batch.outcome(at: index) == .pending)
        }
    }

    @Test("Removing all lets the engine let go of its values, once, and only where there were some")
    func release() {
        let pins = CountingPins()
        do {
            var batch = LookupBatch(pins: pins)
            batch.removeAll()
            #expect(pins.releases == 0)
            _ = batch.append([1, 2].span)
            batch.removeAll()
            #expect(pins.releases == 1)
            let isEmpty = batch.isEmpty
            #expect(isEmpty)
            #expect(batch.append([3].span) == 0)
            #expect(Array(copying: batch[keyAt: 0]) == [3])
        }
        #expect(pins.releases == 2, "the end of a batch is the end of its values")
    }

    @Test("An engine answers the range it is asked for and leaves the others as they are")
    func ranges() {
        let engine = MemoryEngine(text: ["a": "1", "b": "", "": "empty"])
        var batch = engine.makeBatch()
        for key in ["a", "b", "", "c", "a"] { _ = batch.append(Array(key.utf8).span) }
        engine.lookUp(&batch, in: 1..<4, tier: .resident)
        let outcomes = (0..<5).map { batch.outcome(at: $0) }
        #expect(outcomes == [.pending, .hit, .hit, .miss, .pending])
        #expect(batch.withValue(at: 1) { $0.count } == 0)
        #expect(batch.withValue(at: 2) { Array(copying: $0) } == Array("empty".utf8))
        engine.lookUp(&batch, in: 0..<5, tier: .anywhere)
        #expect(batch.outcome(at: 4) == .hit)
    }

    @Test("Keys without a byte can be lent to an engine too")
    func emptyKeys() {
        var batch = LookupBatch(pins: CountingPins())
        _ = batch.append(Span())
        let lent = unsafe batch.withUnsafeLookups(in: 0..<1) { lookups, _ in lookups.count }
        #expect(lent == 1)
        #expect(Array(copying: batch[keyAt: 0]) == [])
    }

    @Test("Asking beyond the batch, or for a value that was not found, stops the process")
    func traps() async {
        await #expect(processExitsWith: .failure) {
            let batch = LookupBatch(pins: CountingPins())
            _ = batch.outcome(at: 0)
        }
        await #expect(processExitsWith: .failure) {
            var batch = LookupBatch(pins: CountingPins())
            _ = batch.append(Span())
            _ = batch[valueAt: 0].count
        }
    }
}
