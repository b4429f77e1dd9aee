import TestSupport
import Testing

@testable import Commands

private let header: [UInt8] = Array("HYLL".utf8) + [0, 0, 0, 0] + [UInt8](repeating: 0, count: 7) + [128]

/// Registers packed as six bits each, the first in the lowest.
private func dense(_ registers: [UInt8]) -> [UInt8] {
    var body = [UInt8](repeating: 0, count: 12_288)
    for (index, register) in registers.enumerated() {
        for bit in 0..<6 where register >> bit & 1 == 1 { body[(index * 6 + bit) / 8] |= 1 << ((index * 6 + bit) % 8) }
    }
    return header + body
}

/// Registers as runs, each as long as it may be.
private func sparse(_ registers: [UInt8]) -> [UInt8] {
    var body: [UInt8] = []
    var index = 0
    while index < registers.count {
        let value = registers[index]
        var length = registers[index...].prefix { $0 == value }.count
        index += length
        if value == 0 {
            body += length > 64 ? [0x40 | UInt8((length - 1) >> 8), UInt8((length - 1) & 255)] : [UInt8(length - 1)]
        }
        while value > 0, length > 0 {
            body.append(0x80 | (value - 1) << 2 | UInt8(min(length, 4) - 1))
            length -= 4
        }
    }
    var value = header + body
    value[4] = 1
    return value
}

/// Registers that have seen `count` random hashes.
private func registers(of count: Int, _ random: inout SeededRandom) -> [UInt8] {
    var registers = [UInt8](repeating: 0, count: 16_384)
    for _ in 0..<count {
        let hash = random.next()
        let register = Int(hash & 16_383)
        registers[register] = max(registers[register], UInt8((hash >> 14 | 1 << 50).trailingZeroBitCount + 1))
    }
    return registers
}

private func count(_ values: [UInt8]...) throws(HyperLogLog.Failure) -> Int {
    var union = HyperLogLog()
    for value in values { try union.merge(value.span) }
    return union.count
}

@Suite struct HyperLogLogTests {
    @Test(
        "A count is within three percent of the truth", arguments: [0, 1, 10, 100, 1_000, 10_000, 100_000, 1_000_000])
    func estimates(truth: Int) throws {
        var random = SeededRandom(seed: UInt64(truth))
        let estimate = try count(dense(registers(of: truth, &random)))
        #expect(abs(estimate - truth) <= truth * 3 / 100)
    }

    @Test("The same registers count the same in either encoding, and a union counts the larger of each")
    func encodings() throws {
        var random = SeededRandom(seed: 5)
        for truth in [0, 1, 7, 60, 500] {
            let some = registers(of: truth, &random)
            let others = registers(of: 300, &random)
            #expect(try count(sparse(some)) == count(dense(some)))
            let larger = zip(some, others).map { max($0, $1) }
            #expect(try count(sparse(some), dense(others)) == count(dense(larger)))
            #expect(try count(sparse(others), sparse(some), dense(some)) == count(sparse(larger)))
        }
    }

    @Test("Registers that no hash makes have Redis's count", arguments: [(63, Int.min), (51, Int.min), (0, 0)] as [(UInt8, Int)])
    func extremes(register: UInt8, expected: Int) throws {
        #expect(try count(dense([UInt8](repeating: register, count: 16_384))) == expected)
    }

    @Test("The count that a value holds is given unless it is out of date")
    func storedCounts() throws {
        var value = dense([])
        #expect(try HyperLogLog.storedCount(of: value.span) == nil)
        value.replaceSubrange(8..<16, with: [0x39, 0x30, 0, 0, 0, 0, 0, 1])
        #expect(try HyperLogLog.storedCount(of: value.span) == 12_345 + 1 << 56)
    }

    @Test("Other strings and broken runs are told apart")
    func failures() {
        let good = sparse([UInt8](repeating: 2, count: 16_384))
        var badMagic = good
        badMagic[0] ^= 32
        var badEncoding = good
        badEncoding[4] = 2
        let tooShort = Array(dense([]).dropLast())
        for value in [[], badMagic, badEncoding, Array(good.prefix(15)), tooShort, dense([]) + [0]] {
            #expect(throws: HyperLogLog.Failure.otherString) { try count(value) }
        }
        // Too few registers, too many in a run of zeros, too many in a run of values, and none.
        for value in [Array(good.dropLast()), good + [0], good + [0x80], Array(good.prefix(16))] {
            #expect(throws: HyperLogLog.Failure.corrupt) { try count(value) }
        }
    }
}
