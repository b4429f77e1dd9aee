import Bytes
import RESP

/// A part of a value as `BITCOUNT` and `BITPOS` are given it: both ends inclusive, negative from the end.
struct BitRange: Sendable, Equatable {
    var first: Int
    /// `nil` for the end of the value.
    var last: Int?
    /// Whether the ends count bits rather than bytes.
    var isInBits = false

    static let whole = Self(first: 0)

    /// The bits meant of a value of so many bytes; `nil` where the range has none.
    func bits(of byteCount: Int) -> Range<Int>? {
        let count = isInBits ? byteCount << 3 : byteCount
        let start = max(first < 0 ? count + first : first, 0)
        let wanted = last ?? count - 1
        let end = min(max(wanted < 0 ? count + wanted : wanted, 0), count - 1)
        guard start <= end else { return nil }
        return isInBits ? start..<end + 1 : start << 3..<(end + 1) << 3
    }

    /// Whether a word says that the ends count bits; `nil` for other words than the two there are.
    static func isInBits(_ word: Span<UInt8>) -> Bool? {
        if word.equalsIgnoringCase("BIT") { return true }
        return word.equalsIgnoringCase("BYTE") ? false : nil
    }
}
