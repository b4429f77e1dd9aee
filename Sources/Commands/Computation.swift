import Bytes
import RESP
import Storage

/// A reply that is made from the values of some keys, as `BITCOUNT` makes one.
struct Computation: Sendable {
    /// Values that hold more bytes together are left to a reader, for a loop must not work on one reply for long.
    var loopBytesMax = Self.loopBytesMax
    /// The row of the command that is answered; ``Session/compute(_:fromKeysAt:_:_:)`` fills it in.
    var command: Int16?
    /// Writes the whole reply; called once, on a loop or a reader.
    let write: @Sendable (FoundValues, inout ReplyWriter) -> Void

    /// About a tenth of a millisecond of work that looks at every byte once.
    static let loopBytesMax = 256 << 10
}

/// What was found for the keys of one request, lent for the making of its reply.
struct FoundValues {
    private let view: VersionView
    private let range: Range<Int>

    init(_ view: VersionView, in range: Range<Int>) {
        self.view = view
        self.range = range
    }

    /// How many keys were asked for.
    var count: Int { range.count }

    /// Whether the key at this place among those asked for is there.
    func isFound(_ index: Int) -> Bool { view.lookups.outcome(at: range.lowerBound + index) == .hit }

    /// Lends the value of the key at this place; `nil` where there is no such key.
    func withValue<Result>(_ index: Int, _ body: (Span<UInt8>) -> Result) -> Result? {
        guard isFound(index) else { return nil }
        return view.lookups.withValue(at: range.lowerBound + index, body)
    }

    /// Of all values together.
    var byteCount: Int { (0..<count).reduce(0) { $0 + (withValue($1) { $0.count } ?? 0) } }
}
