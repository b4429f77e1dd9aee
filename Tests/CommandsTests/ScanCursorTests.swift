import Commands
import Testing

@Suite("SCAN's cursors") struct ScanCursorTests {
    private func key(_ number: Int) -> [UInt8] { Array("key:\(number)".utf8) }

    @Test("stay good for a slow walker, however many pages others read meanwhile")
    func slowWalker() {
        let cursors = ScanCursors()
        let slow = cursors.advance(from: 0, to: key(10))
        // Two walkers over the same keys, in the same steps, so that every cursor is both of theirs.
        var fast = [cursors.advance(from: 0, to: key(10)), cursors.advance(from: 0, to: key(10))]
        #expect(fast == [slow, slow])
        for number in 2..<200_000 {
            for walker in fast.indices { fast[walker] = cursors.advance(from: fast[walker], to: key(number * 10)) }
        }
        #expect(cursors.key(for: slow) == key(10))
        #expect(cursors.key(for: fast[0]) == key(1_999_990))
        #expect(cursors.advance(from: fast[0], to: nil) == 0)
    }

    @Test("that have come back stay good for a while, for a client that asks again")
    func repeated() {
        let cursors = ScanCursors()
        var cursor = cursors.advance(from: 0, to: key(0))
        let first = cursor
        for number in 1..<ScanCursors.usedCountMax { cursor = cursors.advance(from: cursor, to: key(number)) }
        #expect(cursors.key(for: first) == key(0))
        for number in 0..<ScanCursors.usedCountMax * 2 {
            cursor = cursors.advance(from: cursor, to: key(1_000_000 + number))
        }
        #expect(cursors.key(for: first) == nil)
        #expect(cursors.key(for: cursor) != nil)
    }

    @Test("are not awaited for ever because a client asked twice")
    func askedTwice() {
        let cursors = ScanCursors()
        let first = cursors.advance(from: 0, to: key(0))
        let second = cursors.advance(from: first, to: key(1))
        #expect(cursors.advance(from: first, to: key(1)) == second)
        var cursor = cursors.advance(from: second, to: key(2))
        for number in 3..<ScanCursors.usedCountMax * 3 { cursor = cursors.advance(from: cursor, to: key(number)) }
        #expect(cursors.key(for: second) == nil)
    }

    @Test("of walks that were begun and left are forgotten in the end, the oldest first")
    func left() {
        let cursors = ScanCursors()
        let first = cursors.advance(from: 0, to: key(0))
        for number in 1..<ScanCursors.awaitedCountMax { _ = cursors.advance(from: 0, to: key(number)) }
        #expect(cursors.key(for: first) == key(0))
        for number in 0..<ScanCursors.awaitedCountMax { _ = cursors.advance(from: 0, to: key(-1 - number)) }
        #expect(cursors.key(for: first) == nil)
    }

    @Test("of huge keys do not fill the memory")
    func hugeKeys() {
        let cursors = ScanCursors()
        let huge = { (number: Int) in [UInt8](repeating: 1, count: 1 << 20) + self.key(number) }
        let first = cursors.advance(from: 0, to: huge(0))
        for number in 1..<16 { _ = cursors.advance(from: 0, to: huge(number)) }
        #expect(cursors.key(for: first)?.count == huge(0).count)
        for number in 16..<80 { _ = cursors.advance(from: 0, to: huge(number)) }
        #expect(cursors.key(for: first) == nil)
    }
}
