extension UInt64 {
    /// Reads a cursor of `SCAN` as Redis does: with C's `strtoul`, so that nothing at all is 0, a sign is
    /// taken, a zero byte is the end, and `-1` is the greatest number; `nil` for anything else and for what does
    /// not fit.
    init?(cursor text: Span<UInt8>) {
        var index = 0
        let isNegative = text.count > 1 && text[0] == UInt8(ascii: "-")
        if isNegative || text.count > 1 && text[0] == UInt8(ascii: "+") { index = 1 }
        if index == 1, text[1] == 0 { return nil }
        var value: UInt64 = 0
        while index < text.count, text[index] != 0 {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (next, carry) = tens.addingReportingOverflow(UInt64(digit))
            guard !overflow, !carry else { return nil }
            value = next
            index += 1
        }
        self = isNegative ? 0 &- value : value
    }
}
