import DatasetInspection
import Datasets
import Storage
import TestSupport
import Testing

@Suite struct ComparisonTests {
    private func compare(
        _ first: [String: String], _ second: [String: String], samplesMax: Int = 10,
        isOrdered: (Bool, Bool) = (true, true)
    ) throws -> ComparisonResult {
        var result = try Comparison(samplesMax: samplesMax).run(
            .engine(engine(first, isOrdered: isOrdered.0), path: "a"),
            .engine(engine(second, isOrdered: isOrdered.1), path: "b"))
        result.seconds = 0
        return result
    }

    private func engine(_ entries: [String: String], isOrdered: Bool) -> MemoryEngine {
        var behaviour = MemoryEngine.Behaviour()
        behaviour.isOrdered = isOrdered
        return MemoryEngine(text: entries, behaviour: behaviour)
    }

    private func keys(_ names: String...) -> [ManifestKey] { names.map { ManifestKey(Array($0.utf8)) } }

    @Test func `Every kind of difference is counted, and the first keys of it are kept`() throws {
        let result = try compare(
            ["a": "1", "b": "2", "c": "3", "d": "4", "": "e", "z": ""],
            ["a": "1", "b": "x", "cc": "3", "d": "", "": "e", "z": "", "zz": "9"])
        #expect((result.equal, result.changed, result.missing, result.new) == (3, 2, 1, 2))
        #expect(result.samples.changed == keys("b", "d"))
        #expect(result.samples.missing == keys("c"))
        #expect(result.samples.new == keys("cc", "zz"))
        #expect((result.keysOfA, result.keysOfB, result.differences) == (6, 7, 5))
        #expect(result.isExact && result.notes == [])
    }

    @Test(
        arguments: [
            ([:], [:], 0, 0, 0), (["a": "1"], [:], 0, 1, 0), ([:], ["a": "1"], 0, 0, 1),
            (["a": "1", "b": "1"], ["c": "1", "d": "1"], 0, 2, 2),
            (["c": "1", "d": "1"], ["a": "1", "b": "1"], 0, 2, 2),
        ] as [([String: String], [String: String], Int, Int, Int)]) func `Sides that are empty or apart end well`(
            first: [String: String], second: [String: String], equal: Int, missing: Int, new: Int
        ) throws
    {
        for isOrdered in [(true, true), (false, false), (true, false), (false, true)] {
            let result = try compare(first, second, isOrdered: isOrdered)
            #expect((result.equal, result.changed, result.missing, result.new) == (equal, 0, missing, new))
        }
    }

    @Test(arguments: 0..<50) func `Random sides are counted as a dictionary counts them`(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        var sides: [[String: String]] = [[:], [:]]
        for side in 0...1 {
            for _ in 0..<random.pick(0...200) { sides[side]["\(random.pick(0...150))"] = "\(random.pick(0...2))" }
        }
        let isOrdered = (random.oneIn(2), random.oneIn(2))
        let result = try compare(sides[0], sides[1], samplesMax: 0, isOrdered: isOrdered)
        let shared = sides[0].filter { sides[1][$0.key] != nil }
        let equal = shared.count { sides[1][$0.key] == $0.value }
        #expect(result.equal == equal)
        #expect(result.changed == shared.count - equal)
        #expect(result.missing == sides[0].count - shared.count)
        #expect(result.new == sides[1].count - shared.count)
        #expect(result.samples == ComparisonResult().samples)
    }

    @Test func `Sides of different orders give the first keys of each kind too`() throws {
        let result = try compare(["a": "1", "b": "2"], ["b": "x", "c": "3"], isOrdered: (false, true))
        #expect(result.samples.changed == keys("b"))
        #expect(result.samples.missing == keys("a"))
        #expect(result.samples.new == keys("c"))
    }

    @Test(arguments: [(true, false), (false, true)]) func `A key that cannot be looked up is an error`(
        isOrdered: Bool, isDamagedOrdered: Bool
    ) {
        var behaviour = MemoryEngine.Behaviour()
        (behaviour.damagedKeys, behaviour.isOrdered) = ([Array("a".utf8)], isDamagedOrdered)
        let damaged = MemoryEngine(text: ["a": "1", "b": "2"], behaviour: behaviour)
        let error = #expect(throws: InspectionError.self) {
            try Comparison().run(
                .engine(engine(["a": "1"], isOrdered: isOrdered), path: "sound"), .engine(damaged, path: "broken"))
        }
        #expect(error == InspectionError(.badData, "broken: told to fail"))
    }

    @Test func `A side that cannot be read is an error, not a difference`() {
        var behaviour = MemoryEngine.Behaviour()
        behaviour.damagedKeys = [Array("b".utf8)]
        let damaged = MemoryEngine(text: ["a": "1", "b": "2"], behaviour: behaviour)
        let error = #expect(throws: InspectionError.self) {
            try Comparison().run(
                .engine(MemoryEngine(text: ["a": "1"]), path: "sound"), .engine(damaged, path: "broken"))
        }
        #expect(error == InspectionError(.badData, "broken: told to fail"))
    }
}
