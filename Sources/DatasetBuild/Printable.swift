internal import Bytes

/// Shows bytes to an operator, on one line and in the terminal's own characters.
public enum Printable {
    /// `bytes` in quotes, cut after `limit`, control characters and bytes that are not UTF-8 as `\x00`.
    public static func text(_ bytes: Span<UInt8>, limit: Int = 80) -> String {
        let shown = bytes.extracting(0..<min(bytes.count, limit)).copied()
        var text = "\""
        if let whole = String(validating: shown, as: UTF8.self) {
            for scalar in whole.unicodeScalars {
                switch scalar {
                case "\"", "\\": text += "\\\(scalar)"
                case _ where scalar.properties.generalCategory == .control:
                    for byte in String(scalar).utf8 { text += escape(byte) }
                default: text.unicodeScalars.append(scalar)
                }
            }
        } else {
            for byte in shown {
                switch byte {
                case .quote, .backslash: text += "\\\(Character(Unicode.Scalar(byte)))"
                case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(byte))
                default: text += escape(byte)
                }
            }
        }
        return text + (bytes.count > limit ? "\"… (\(bytes.count) bytes)" : "\"")
    }

    private static func escape(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return "\\x" + (digits.utf8.count == 1 ? "0" : "") + digits
    }
}
