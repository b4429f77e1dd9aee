/// Keys and values as people read and write them: text as it is, other bytes as `\x00`.
///
/// A backslash is `\\`; line end, return and tab are `\n`, `\r` and `\t`. Text and bytes go both ways without loss.
enum KeyText {
    /// The text of bytes; characters that would not be seen, or would reorder what is around them, are written as bytes.
    static func text(of bytes: [UInt8]) -> String {
        var text = ""
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\\"): text += "\\\\"
            case UInt8(ascii: "\n"): text += "\\n"
            case UInt8(ascii: "\r"): text += "\\r"
            case UInt8(ascii: "\t"): text += "\\t"
            case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(bytes[index]))
            default:
                if let scalar = visibleScalar(bytes, at: index) {
                    text.unicodeScalars.append(scalar)
                    index += UTF8.width(scalar) - 1
                } else {
                    text += "\\x" + hexadecimal(bytes[index])
                }
            }
            index += 1
        }
        return text
    }

    /// The bytes that a text stands for.
    ///
    /// - Returns: `nil` where a backslash begins nothing known.
    static func bytes(of text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "n"): bytes.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "r"): bytes.append(UInt8(ascii: "\r"))
            case UInt8(ascii: "t"): bytes.append(UInt8(ascii: "\t"))
            case UInt8(ascii: "x"):
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            default: return nil
            }
        }
        return bytes
    }

    /// The character beyond ASCII whose UTF-8 begins at `index`, where it is whole and can be seen.
    private static func visibleScalar(_ bytes: [UInt8], at index: Int) -> Unicode.Scalar? {
        let count =
            switch bytes[index] {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 0
            }
        guard count > 0, index + count <= bytes.count,
            let scalar = String(validating: bytes[index..<index + count], as: UTF8.self)?.unicodeScalars.first
        else { return nil }
        // Of spaces one cannot tell which, and a mark would join what is before it.
        switch scalar.properties.generalCategory {
        case .spaceSeparator, .enclosingMark, .nonspacingMark, .spacingMark: return nil
        default: return HTML.isUnseen(scalar) ? nil : scalar
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
