import TestSupport
import Testing

@testable import Server

@Suite struct HotKeySketchTests {
    private let second: UInt64 = 1_000_000_000

    private func weights(_ reading: HotKeySketch.Reading) -> [String: Double] {
        Dictionary(uniqueKeysWithValues: reading.entries.map { (String(decoding: $0.key, as: UTF8.self), $0.weight) })
    }

    @Test("Keys with a share worth knowing are found among many, with that share and no more")
    func shares() throws {
        let sketch = HotKeySketch(now: 0)
        var random = SeededRandom(seed: 7)
        let sampleCount = 200_000
        for _ in 0..<sampleCount {
            let chosen = random.pick(0...99)
            let key = chosen < 20 ? "a" : chosen < 25 ? "b" : chosen < 27 ? "c" : "tail:\(random.pick(0...1_000_000))"
            sketch.add(Array(key.utf8).span, lookups: 1, now: second)
        }
        let reading = sketch.reading(now: second)
        let found = weights(reading)
        #expect(abs(reading.total - Double(sampleCount)) < 1)
        for (key, share) in [("a", 0.2), ("b", 0.05), ("c", 0.02)] {
            let weight = try #require(found[key])
            #expect(abs(weight / reading.total - share) < share / 10, "\(key)")
        }
        let others = found.filter { $0.key.hasPrefix("tail") }
        #expect(others.values.allSatisfy { $0 / reading.total < 0.01 })
        #expect(reading.entries.count <= 512)
    }

    @Test("What is old counts half after a minute, and a constant rate is told as it is")
    func decay() throws {
        let sketch = HotKeySketch(now: 0)
        for number in 0..<1_200 {
            sketch.add(Array("steady".utf8).span, lookups: 10, now: UInt64(number) * second)
        }
        let reading = sketch.reading(now: 1_200 * second)
        let weight = try #require(weights(reading)["steady"])
        #expect(abs(weight / reading.seconds - 10) < 0.2)
        let later = try #require(weights(sketch.reading(now: 1_260 * second))["steady"])
        #expect(abs(later - weight / 2) < 0.01)
        // By now weights have been scaled down more than once.
        sketch.add(Array("fresh".utf8).span, lookups: weight, now: 1_320 * second)
        let after = weights(sketch.reading(now: 1_320 * second))
        #expect(abs((after["fresh"] ?? 0) - weight) < 0.01)
        #expect(abs((after["steady"] ?? 0) - weight / 4) < 0.01)
    }

    @Test("The empty key has a place, and one that is too long only counts", arguments: [0, 256, 257])
    func lengths(byteCount: Int) {
        let sketch = HotKeySketch(now: 0)
        let key = [UInt8](repeating: 7, count: byteCount)
        sketch.add(key.span, lookups: 3, now: 0)
        let reading = sketch.reading(now: 0)
        #expect(reading.total == 3)
        #expect(reading.entries.map(\.key) == (byteCount <= 256 ? [key] : []))
        #expect(reading.entries.allSatisfy { $0.weight == 3 })
    }
}
