import TestSupport
import Testing

@testable import Commands

/// Each bit of `bytes`, the highest of the first byte first.
private func bits(_ bytes: [UInt8]) -> [Int] { bytes.flatMap { byte in (0..<8).map { Int(byte >> (7 - $0)) & 1 } } }

/// Bytes of a kind: any, all clear, all set, or with single bits that differ.
private func someBytes(_ random: inout SeededRandom) -> [UInt8] {
    let count = random.pick(0...40)
    if random.oneIn(2) { return random.bytes(count) }
    var bytes = [UInt8](repeating: random.oneIn(2) ? 0 : 255, count: count)
    if count > 0, random.oneIn(2) { bytes[random.pick(0...count - 1)] ^= 1 << random.pick(0...7) }
    return bytes
}

@Suite struct BitTests {
    @Test("Bits are counted and found in every part of random bytes as one by one")
    func countsAndPlaces() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<1_500 {
            let bytes = someBytes(&random)
            let each = bits(bytes)
            let start = random.pick(0...each.count)
            let range = start..<random.pick(start...each.count)
            #expect(bytes.span.setBitCount(in: range) == each[range].count { $0 == 1 }, "\(bytes) \(range)")
            #expect(bytes.span.firstBit(true, in: range) == each[range].firstIndex(of: 1), "\(bytes) \(range)")
            #expect(bytes.span.firstBit(false, in: range) == each[range].firstIndex(of: 0), "\(bytes) \(range)")
        }
    }

    @Test("A field is the number that its bits make, with zeros behind the value")
    func fields() {
        var random = SeededRandom(seed: 12)
        for _ in 0..<1_500 {
            let bytes = random.bytes(random.pick(0...12))
            let each = bits(bytes) + [Int](repeating: 0, count: 300)
            let first = random.pick(0...120)
            let count = random.pick(1...64)
            let number = each[first..<first + count].reduce(UInt64(0)) { $0 << 1 | UInt64($1) }
            #expect(bytes.span.bitField(at: first, count: count) == number, "\(bytes) \(first) \(count)")
        }
        let bytes: [UInt8] = [1]
        #expect(bytes.span.bitField(at: (1 << 32) - 1, count: 64) == 0)
    }

    @Test(
        "A range of bytes or bits is cut to the value",
        arguments: [
            (BitRange.whole, 3, 0..<24), (.whole, 0, nil),
            (BitRange(first: 0, last: 0), 3, 0..<8), (BitRange(first: -1), 3, 16..<24),
            (BitRange(first: 1, last: -1), 3, 8..<24), (BitRange(first: -100, last: 100), 3, 0..<24),
            (BitRange(first: 2, last: 1), 3, nil), (BitRange(first: 3), 3, nil),
            (BitRange(first: 0, last: -4), 3, 0..<8),
            (BitRange(first: 5, last: 30, isInBits: true), 3, 5..<24),
            (BitRange(first: -3, last: -2, isInBits: true), 3, 21..<23),
            (BitRange(first: .min, last: .max), 2, 0..<16), (BitRange(first: .max, last: .min), 2, nil),
        ] as [(BitRange, Int, Range<Int>?)])
    func ranges(range: BitRange, byteCount: Int, expected: Range<Int>?) {
        #expect(range.bits(of: byteCount) == expected)
    }
}
