import Commands
import Datasets
import SessionSupport
import Storage
import TestSupport
import Testing

@Suite struct PreparedViewTests {
    private static let keys = (0..<100).map { Array("key:\($0)".utf8) }

    private func engine(_ change: (inout MemoryEngine.Behaviour) -> Void = { _ in }) -> MemoryEngine {
        var behaviour = MemoryEngine.Behaviour()
        behaviour.coldKeys = Set(Self.keys)
        change(&behaviour)
        return MemoryEngine(
            Dictionary(uniqueKeysWithValues: Self.keys.map { ($0, [1, 2, 3]) }), behaviour: behaviour)
    }

    @Test("Warming looks every key up wherever it is, and tells what became of each")
    func warming() {
        let engine = engine { $0.damagedKeys = Set(Self.keys[0..<3]) }
        let view = PreparedView(DatasetVersion(id: "1", engine: engine), rowCacheBytes: 0)
        let result = view.warm(keys: Self.keys + [Array("none".utf8), []])
        #expect(result.hitCount == 97)
        #expect(result.missCount == 2)
        #expect(result.damagedCount == 3)
        #expect(result.valueBytes == 97 * 3)
        #expect(view.warm(keys: []) == WarmingResult())
        // What was cold has been read.
        var batch = engine.makeBatch()
        let key = Self.keys[50]
        _ = batch.append(key.span)
        engine.lookUp(&batch, in: 0..<1, tier: .resident)
        #expect(batch.outcome(at: 0) == .hit)
    }

    @Test("A view is taken once, is empty by then, and holds its version until it ends")
    func taking() {
        weak var weakEngine: MemoryEngine?
        var taken: VersionView?
        do {
            let engine = engine()
            weakEngine = engine
            let view = PreparedView(DatasetVersion(id: "1", engine: engine), rowCacheBytes: 1 << 20)
            _ = view.warm(keys: Self.keys)
            taken = view.take()
            #expect(view.take() == nil)
            #expect(view.warm(keys: Self.keys) == WarmingResult())
        }
        #expect(taken?.lookups.isEmpty == true)
        #expect(taken?.keepsRows == true)
        #expect(weakEngine != nil)
        taken = nil
        #expect(weakEngine == nil)
    }

    @Test("A plan uses the view that it was given for its version, and lends a few keys spread over a batch")
    func plan() {
        let first = DatasetVersion(id: "1", engine: engine())
        let second = DatasetVersion(id: "2", engine: engine())
        let plan = ReplyPlan()
        let view = VersionView(first, rowCacheBytes: 1 << 20)
        #expect(plan.adopt(view) == nil)
        #expect(plan.hasView(of: first))
        #expect(!plan.hasView(of: second))
        let newer = VersionView(first, rowCacheBytes: 1 << 20)
        #expect(plan.adopt(newer) === view)
        for key in Self.keys { _ = newer.lookups.append(key.span) }
        for seed: UInt64 in [0, 1, 99, 12_345] {
            var seen: [[UInt8]] = []
            plan.visitKeys(atMost: 4, seed: seed) { version, key, _ in
                #expect(version === first)
                seen.append([UInt8](copying: key))
            }
            let places = seen.compactMap { Self.keys.firstIndex(of: $0) }.sorted()
            #expect(places.count == 4)
            #expect(zip(places, places.dropFirst()).allSatisfy { $1 - $0 == 25 }, "\(places)")
        }
        var retired: [VersionView] = []
        plan.removeAll()
        plan.dropViews(keeping: { $0 === second }, retire: { retired.append($0) })
        #expect(retired.count == 1 && retired[0] === newer && newer.lookups.isEmpty)
        #expect(!plan.hasView(of: first))
    }
}
