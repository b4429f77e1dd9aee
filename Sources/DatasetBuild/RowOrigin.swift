/// Which line of which input a row came from, in eight bytes.
struct RowOrigin: Equatable {
    /// The input's index in its upper 16 bits, the line in the lower 48.
    let rawValue: UInt64

    static let inputCountMax = 1 << 16
    private static let lineBits: UInt64 = 48

    init(input: Int, line: Int) {
        precondition(input >= 0 && input < Self.inputCountMax && line >= 0)
        rawValue = UInt64(input) << Self.lineBits | UInt64(line) & (1 << Self.lineBits - 1)
    }

    init(rawValue: UInt64) { self.rawValue = rawValue }

    var input: Int { Int(rawValue >> Self.lineBits) }
    var line: Int { Int(rawValue & (1 << Self.lineBits - 1)) }
}
