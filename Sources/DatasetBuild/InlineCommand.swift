internal import Bytes

/// Splits an inline command as Redis does: blanks between arguments, which may be in quotes.
///
/// In double quotes `\n \r \t \b \a`, `\xHH` and a backslash before any other byte are escapes; in
/// single quotes only `\'` is. A closing quote must be followed by a blank or the line's end.
enum InlineCommand {
    /// Writes the arguments one behind the other to `target`, and where each lies to `arguments`.
    ///
    /// False where quotes are not balanced.
    static func split(_ line: Span<UInt8>, into target: inout ByteBuffer, _ arguments: inout [Range<Int>]) -> Bool {
        arguments.removeAll(keepingCapacity: true)
        target.removeAll()
        var index = 0
        while true {
            while index < line.count, isBlank(line[index]) { index += 1 }
            guard index < line.count else { return true }
            let start = target.count
            while index < line.count, !isBlank(line[index]) {
                switch line[index] {
                case .quote, UInt8(ascii: "'"):
                    guard let end = quoted(line, from: index, to: &target) else { return false }
                    index = end
                    guard index == line.count || isBlank(line[index]) else { return false }
                case let byte:
                    target.append(byte)
                    index += 1
                }
            }
            arguments.append(start..<target.count)
        }
    }

    /// Copies what the quotes at `start` hold; returns where it goes on behind them.
    private static func quoted(_ line: Span<UInt8>, from start: Int, to target: inout ByteBuffer) -> Int? {
        let quote = line[start]
        var index = start + 1
        while index < line.count {
            let byte = line[index]
            if byte == quote { return index + 1 }
            guard byte == .backslash, index + 1 < line.count, quote == .quote || line[index + 1] == quote else {
                target.append(byte)
                index += 1
                continue
            }
            if quote == .quote, line[index + 1] == UInt8(ascii: "x"), index + 3 < line.count,
                let high = nibble(line[index + 2]), let low = nibble(line[index + 3])
            {
                target.append(high << 4 | low)
                index += 4
                continue
            }
            target.append(quote == .quote ? unescaped(line[index + 1]) : line[index + 1])
            index += 2
        }
        return nil
    }

    private static func unescaped(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "n"): .lineFeed
        case UInt8(ascii: "r"): .carriageReturn
        case UInt8(ascii: "t"): .tab
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "a"): 0x07
        default: byte
        }
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// What C's `isspace` calls a space, and the zero byte, which ends Redis's line.
    private static func isBlank(_ byte: UInt8) -> Bool { byte == .space || byte >= 0x09 && byte <= 0x0D || byte == 0 }
}
