extension Int {
    /// Reads a decimal number in the one way of writing it that Redis accepts.
    ///
    /// An optional `-`, then digits without leading zeros; no `+`, no spaces, no `-0`, nothing after.
    /// `nil` for anything else, and for what does not fit into 64 bits.
    public init?(decimal text: Span<UInt8>) {
        guard (1...20).contains(text.count) else { return nil }
        if text.count == 1, text[0] == UInt8(ascii: "0") {
            self = 0
            return
        }
        let isNegative = text[0] == UInt8(ascii: "-")
        let first = isNegative ? 1 : 0
        guard first < text.count, (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(text[first]) else { return nil }
        // Built up below zero, where there is room for Int.min.
        var value = 0
        for index in first..<text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (next, underflow) = tens.subtractingReportingOverflow(Int(digit))
            guard !overflow, !underflow else { return nil }
            value = next
        }
        if isNegative {
            self = value
        } else {
            guard value != .min else { return nil }
            self = -value
        }
    }
}
