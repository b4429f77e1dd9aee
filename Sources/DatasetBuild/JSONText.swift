internal import Bytes

/// Writes JSON (RFC 8259).
enum JSONText {
    /// Writes `content` as a JSON string, escaping no more than JSON demands.
    ///
    /// With `collapsingQuotes` two quotes in a row stand for one, as in a quoted CSV field. False where
    /// `content` is not UTF-8; then `target` holds a part of it.
    static func appendString(
        _ content: Span<UInt8>, collapsingQuotes: Bool = false, to target: inout ByteBuffer
    ) -> Bool {
        target.append(.quote)
        var start = 0
        var index = 0
        var isASCII = true
        while index < content.count {
            let byte = content[index]
            if byte >= 0x80 { isASCII = false }
            if byte >= 0x20, byte != .quote, byte != .backslash {
                index += 1
                continue
            }
            target.append(content.extracting(start..<index))
            appendEscaped(byte, to: &target)
            index += byte == .quote && collapsingQuotes ? 2 : 1
            start = index
        }
        target.append(content.extracting(start..<content.count))
        target.append(.quote)
        return isASCII || content.isUTF8
    }

    private static func appendEscaped(_ byte: UInt8, to target: inout ByteBuffer) {
        target.append(.backslash)
        switch byte {
        case .quote, .backslash: target.append(byte)
        case .lineFeed: target.append(UInt8(ascii: "n"))
        case .carriageReturn: target.append(UInt8(ascii: "r"))
        case .tab: target.append(UInt8(ascii: "t"))
        default:
            target.append("u00")
            target.append(hexadecimal(byte >> 4))
            target.append(hexadecimal(byte & 15))
        }
    }

    private static func hexadecimal(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}
