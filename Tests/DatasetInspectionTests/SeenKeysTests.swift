import Testing

@testable import DatasetInspection

@Suite struct SeenKeysTests {
    @Test func `A key is new once, until there are too many to remember`() {
        var seen = SeenKeys(keysMax: 2)
        let few: [[UInt8]] = [[1], [], [1], []]
        #expect(few.map { seen.insert($0) } == [true, true, false, false])
        #expect(!seen.isFull)
        let more: [[UInt8]] = [[2], [2], [1]]
        #expect(more.map { seen.insert($0) } == [true, true, false])
        #expect(seen.isFull)
    }
}
