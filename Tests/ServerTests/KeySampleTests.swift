import TestSupport
import Testing

@testable import Server

@Suite struct KeySampleTests {
    private func text(_ sample: KeySample) -> [String] { sample.keys().map { String(decoding: $0, as: UTF8.self) } }

    @Test("The newest keys are kept, newest first, never more than wanted and at least half as many")
    func keys() {
        let sample = KeySample(keysMax: 100, bytesMax: 1 << 20)
        #expect(sample.keys().isEmpty)
        for number in 0..<1_000 {
            sample.add(Array("\(number)".utf8).span)
            let kept = text(sample)
            #expect(kept.count <= 100 && kept.count >= min(number + 1, 50))
            #expect(kept == (0..<kept.count).map { "\(number - $0)" })
        }
    }

    @Test("Long keys are left out, and the bytes of all are bounded")
    func bytes() {
        let sample = KeySample(keysMax: 1_000, bytesMax: 4_096)
        sample.add([UInt8](repeating: 1, count: 513).span)
        #expect(sample.keys().isEmpty)
        sample.add([UInt8](repeating: 1, count: 512).span)
        let empty: [UInt8] = []
        sample.add(empty.span)
        #expect(sample.keys() == [[], [UInt8](repeating: 1, count: 512)])
        for _ in 0..<100 {
            sample.add([UInt8](repeating: 2, count: 300).span)
            #expect(sample.keys().reduce(0) { $0 + $1.count } <= 4_096)
        }
        #expect(sample.keys().count > 5)
    }

    @Test("A sample of no keys keeps none", arguments: [0, 1])
    func none(keysMax: Int) {
        let sample = KeySample(keysMax: keysMax, bytesMax: 1_000)
        sample.add([1].span)
        #expect(sample.keys().isEmpty)
    }
}
