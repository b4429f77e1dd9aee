import TestSupport
import Testing

@testable import Commands

/// The table of lengths as any textbook fills it, and the matches on the way back as Redis chooses it.
private func plainMatches(_ first: [UInt8], _ second: [UInt8]) -> (length: Int, matches: [[Int]]) {
    var table = [[Int]](repeating: [Int](repeating: 0, count: second.count + 1), count: first.count + 1)
    for row in first.indices {
        for column in second.indices {
            table[row + 1][column + 1] =
                first[row] == second[column]
                ? table[row][column] + 1 : max(table[row][column + 1], table[row + 1][column])
        }
    }
    var (row, column, matches) = (first.count, second.count, [[Int]]())
    while row > 0, column > 0 {
        if first[row - 1] == second[column - 1] {
            (row, column) = (row - 1, column - 1)
            matches.append([row, column])
        } else if table[row - 1][column] > table[row][column - 1] {
            row -= 1
        } else {
            column -= 1
        }
    }
    return (table[first.count][second.count], matches)
}

private func matches(_ first: [UInt8], _ second: [UInt8]) -> (length: Int, matches: [[Int]]) {
    let common = CommonSubsequence(first.span, second.span, keepsTable: true)
    var matches: [[Int]] = []
    common.visitMatches(first.span, second.span) { matches.append([$0, $1]) }
    return (common.length, matches)
}

@Suite struct CommonSubsequenceTests {
    @Test("Lengths and matches are those of the plain table, for few and for many different bytes")
    func againstTheTable() {
        var random = SeededRandom(seed: 21)
        for _ in 0..<600 {
            let letters = UInt8(random.pick(1...6))
            let counts = [0, 1, 5, 30, 63, 64, 65, 130]
            let values = (0..<2).map { _ in random.bytes(counts[random.pick(0...7)]).map { $0 % letters } }
            let expected = plainMatches(values[0], values[1])
            let found = matches(values[0], values[1])
            #expect(found.length == expected.length)
            #expect(found.matches == expected.matches, "\(values)")
            let (first, second) = (values[0], values[1])
            #expect(CommonSubsequence(first.span, second.span, keepsTable: false).length == expected.length)
        }
    }

    @Test("Very unequal lengths take no more time or memory than their pairs")
    func unequalLengths() {
        var long = [UInt8](repeating: 1, count: 2_000_000)
        long[1_234_567] = 7
        for isFirst in [true, false] {
            let found = isFirst ? matches([7], long) : matches(long, [7])
            #expect(found.length == 1)
            #expect(found.matches == [isFirst ? [0, 1_234_567] : [1_234_567, 0]])
        }
    }
}
