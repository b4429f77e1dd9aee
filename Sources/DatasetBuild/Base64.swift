internal import Bytes

/// Base64 as RFC 4648 has it: the standard alphabet, padded, nothing between its characters.
enum Base64 {
    /// Appends what `text` encodes to `target`; false where it is not base64.
    static func decode(_ text: Span<UInt8>, to target: inout ByteBuffer) -> Bool {
        guard text.count.isMultiple(of: 4) else { return false }
        var padding = 0
        while padding < 2, padding < text.count, text[text.count - 1 - padding] == UInt8(ascii: "=") { padding += 1 }
        var index = 0
        while index < text.count {
            let isLast = index + 4 == text.count
            let characters = isLast ? 4 - padding : 4
            var bits: UInt32 = 0
            for offset in 0..<characters {
                guard let value = value(of: text[index + offset]) else { return false }
                bits |= UInt32(value) << UInt32(18 - 6 * offset)
            }
            // The bits that padding leaves over must be zero, so that one value has one text.
            if characters < 4, bits & (1 << UInt32(24 - 8 * (characters - 1)) - 1) != 0 { return false }
            for byte in 0..<characters - 1 {
                target.append(UInt8(truncatingIfNeeded: bits >> UInt32(16 - 8 * byte)))
            }
            index += 4
        }
        return true
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
