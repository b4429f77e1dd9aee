import Testing

@testable import Server

@Suite("Memory that clients held is given back when they are gone, not between two crowds")
struct MemoryReturnTests {
    private static let mebibyte = 1 << 20

    /// In which seconds memory is given back, when so many MiB are held at most in each.
    private static func returns(_ mebibytes: [Int]) -> [Int] {
        var watch = MemoryReturn.Watch()
        return mebibytes.indices.filter { watch.isDue(afterPeakOf: mebibytes[$0] * mebibyte) }
    }

    @Test(
        "only after a fall that lasts",
        arguments: [
            ([0, 0, 0, 0, 0, 0, 0, 0], []),
            // Less is not worth it.
            ([32, 0, 0, 0, 0, 0, 0, 0, 0], []),
            ([33, 0, 0, 0, 0, 0, 0, 0, 0], [5]),
            ([500, 400, 300, 100, 1, 1, 1, 1], [5]),
            // Crowds that come again.
            ([100, 1, 100, 1, 1, 1, 1, 100, 1, 1, 1, 1], []),
            // Once for each.
            ([100, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 80, 1, 1, 1, 1, 1, 1], [5, 17]),
        ])
    func falls(mebibytes: [Int], expected: [Int]) {
        #expect(Self.returns(mebibytes) == expected)
    }
}
