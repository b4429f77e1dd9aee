import Bytes

/// Splits an inline request into words, with the quotes and escapes that Redis knows.
///
/// `"…"` resolves `\n \r \t \b \a \xHH` and takes any other byte after a backslash as itself; `'…'`
/// resolves `\'` only. A closing quote must be followed by a space or the end. A NUL ends the line, as in
/// Redis, whose lines are strings of C.
struct InlineWords: ~Escapable {
    private let line: Span<UInt8>
    private var index = 0

    @_lifetime(copy line)
    init(_ line: Span<UInt8>) {
        var end = 0
        while end < line.count, line[end] != 0 { end += 1 }
        self.line = line.extracting(..<end)
    }

    /// Appends the next word to `output`; false where there is none.
    @_lifetime(self: copy self)
    mutating func next(into output: inout ByteBuffer) throws(ProtocolError) -> Bool {
        while index < line.count, Self.isSpace(line[index]) { index += 1 }
        guard index < line.count else { return false }
        while index < line.count, !Self.isSpace(line[index]) {
            let byte = line[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): try appendDoubleQuoted(to: &output)
            case UInt8(ascii: "'"): try appendSingleQuoted(to: &output)
            default: output.append(byte)
            }
        }
        return true
    }

    @_lifetime(self: copy self)
    private mutating func appendDoubleQuoted(to output: inout ByteBuffer) throws(ProtocolError) {
        while index < line.count {
            let byte = line[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard index == line.count || Self.isSpace(line[index]) else { throw .unbalancedQuotes }
                return
            case UInt8(ascii: "\\") where index < line.count:
                if line[index] == UInt8(ascii: "x"), index + 2 < line.count,
                    let high = Self.hexadecimal(line[index + 1]), let low = Self.hexadecimal(line[index + 2])
                {
                    output.append(high << 4 | low)
                    index += 3
                } else {
                    output.append(Self.escape(line[index]))
                    index += 1
                }
            default: output.append(byte)
            }
        }
        throw .unbalancedQuotes
    }

    @_lifetime(self: copy self)
    private mutating func appendSingleQuoted(to output: inout ByteBuffer) throws(ProtocolError) {
        while index < line.count {
            let byte = line[index]
            index += 1
            switch byte {
            case UInt8(ascii: "'"):
                guard index == line.count || Self.isSpace(line[index]) else { throw .unbalancedQuotes }
                return
            case UInt8(ascii: "\\") where index < line.count && line[index] == UInt8(ascii: "'"):
                output.append(UInt8(ascii: "'"))
                index += 1
            default: output.append(byte)
            }
        }
        throw .unbalancedQuotes
    }

    private static func escape(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "a"): 0x07
        default: byte
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// C's isspace in the "C" locale, which Redis uses.
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (0x09...0x0D).contains(byte)
    }
}
