/// The header of a bulk whose length has one or two digits, as that of nearly every argument has.
@frozen @usableFromInline struct ShortHeader {
    /// 0 to 99.
    @usableFromInline let value: Int
    /// Bytes that marker, digits and line end take: 4 or 5.
    @usableFromInline let byteCount: Int

    /// The header that begins with the lowest byte of `word`; `nil` where it is another, none, or malformed.
    @inlinable @inline(__always) init?(_ word: UInt64) {
        guard UInt8(truncatingIfNeeded: word) == UInt8(ascii: "$") else { return nil }
        let first = UInt8(truncatingIfNeeded: word >> 8) &- UInt8(ascii: "0")
        if UInt16(truncatingIfNeeded: word >> 24) == Self.lineEnd {
            let second = UInt8(truncatingIfNeeded: word >> 16) &- UInt8(ascii: "0")
            // Redis takes no leading zeros.
            guard first &- 1 < 9, second < 10 else { return nil }
            value = Int(first) &* 10 &+ Int(second)
            byteCount = 5
        } else {
            guard UInt16(truncatingIfNeeded: word >> 16) == Self.lineEnd, first < 10 else { return nil }
            value = Int(first)
            byteCount = 4
        }
    }

    /// CR and LF, the first byte lowest.
    @usableFromInline static var lineEnd: UInt16 { 0x0a0d }
    @usableFromInline static var valueMax: Int { 99 }
}
