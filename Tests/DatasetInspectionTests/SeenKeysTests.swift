import Testing

@testable import DatasetInspection

@Suite struct SeenKeysTests {
    @Test func `A key is new once, until there are too many to remember`() {
        var seen = SeenKeys(keysMax: 2)
        #expect(seen.insert([1]) && seen.insert([]))
        #expect(!seen.insert([1]) && !seen.insert([]))
        #expect(!seen.isFull)
        #expect(seen.insert([2]) && seen.insert([2]))
        #expect(seen.isFull)
        #expect(!seen.insert([1]))
    }
}
