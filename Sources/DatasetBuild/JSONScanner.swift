internal import Bytes

/// Reads JSON (RFC 8259) from bytes that are all there, checking every one of them.
///
/// Nothing recurses, so nesting costs a bounded stack of its own and never the thread's.
struct JSONScanner {
    /// The next byte to read.
    var position = 0

    /// Which kinds of containers are open around ``position``: true for an object.
    private var isObject: [Bool] = []

    static let depthMax = 512

    /// A string as it stands in the text.
    struct RawString {
        /// Between its quotes.
        var range: Range<Int>
        var hasEscapes: Bool
    }

    mutating func skipSpace(_ bytes: Span<UInt8>) {
        while position < bytes.count {
            switch bytes[position] {
            case .space, .tab, .lineFeed, .carriageReturn: position += 1
            default: return
            }
        }
    }

    /// Passes over `byte`, after white space; false where something else is there.
    mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        skipSpace(bytes)
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    /// Reads a string, the opening quote of which comes next.
    mutating func string(_ bytes: Span<UInt8>) throws(RowProblem) -> RawString {
        let start = position + 1
        var index = start
        var hasEscapes = false
        var isASCII = true
        while index < bytes.count {
            let byte = bytes[index]
            if byte == .quote {
                position = index + 1
                guard isASCII || bytes.extracting(start..<index).isUTF8 else {
                    throw RowProblem("a string that is not UTF-8")
                }
                return RawString(range: start..<index, hasEscapes: hasEscapes)
            }
            if byte == .backslash {
                hasEscapes = true
                index = try Self.escape(bytes, at: index)
                continue
            }
            guard byte >= 0x20 else {
                throw RowProblem("a control character in a string; JSON writes it \\u00..")
            }
            if byte >= 0x80 { isASCII = false }
            index += 1
        }
        throw RowProblem("a string is never closed")
    }

    /// Checks the escape at `start`, and where it is half of a surrogate pair, its other half; returns its end.
    private static func escape(_ bytes: Span<UInt8>, at start: Int) throws(RowProblem) -> Int {
        guard start + 1 < bytes.count else { throw RowProblem("a string is never closed") }
        switch bytes[start + 1] {
        case .quote, .backslash, UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start + 2
        case UInt8(ascii: "u"):
            guard let unit = codeUnit(bytes, at: start) else {
                throw RowProblem("\\u without four hexadecimal digits")
            }
            guard unit >= 0xD800, unit < 0xE000 else { return start + 6 }
            guard unit < 0xDC00, let low = codeUnit(bytes, at: start + 6), low >= 0xDC00, low < 0xE000 else {
                throw RowProblem("\\u\(String(unit, radix: 16)) is half of a surrogate pair without the other half")
            }
            return start + 12
        default:
            throw RowProblem("an unknown escape in a string")
        }
    }

    /// The value of `\uXXXX` at `start`.
    private static func codeUnit(_ bytes: Span<UInt8>, at start: Int) -> UInt32? {
        guard start + 6 <= bytes.count, bytes[start] == .backslash, bytes[start + 1] == UInt8(ascii: "u") else {
            return nil
        }
        var unit: UInt32 = 0
        for index in start + 2..<start + 6 {
            switch bytes[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | UInt32(bytes[index] - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"):
                unit = unit << 4 | UInt32(bytes[index] - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"):
                unit = unit << 4 | UInt32(bytes[index] - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return unit
    }

    /// Appends what a checked string stands for to `target`.
    static func decode(_ string: RawString, _ bytes: Span<UInt8>, to target: inout ByteBuffer) {
        var index = string.range.lowerBound
        let end = string.range.upperBound
        let content = bytes.extracting(0..<end)
        while let escape = content.firstIndex(of: .backslash, from: index) {
            target.append(content.extracting(index..<escape))
            index = escape + 2
            switch content[escape + 1] {
            case UInt8(ascii: "b"): target.append(0x08)
            case UInt8(ascii: "f"): target.append(0x0C)
            case UInt8(ascii: "n"): target.append(.lineFeed)
            case UInt8(ascii: "r"): target.append(.carriageReturn)
            case UInt8(ascii: "t"): target.append(.tab)
            case UInt8(ascii: "u"):
                var scalar = codeUnit(content, at: escape) ?? 0xFFFD
                index = escape + 6
                if scalar >= 0xD800, scalar < 0xDC00, let low = codeUnit(content, at: index) {
                    scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
                    index += 6
                }
                for unit in UTF8.encode(Unicode.Scalar(scalar) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter {
                    target.append(unit)
                }
            case let itself: target.append(itself)
            }
        }
        target.append(content.extracting(index..<end))
    }

    /// Reads any value and appends its text to `target`, without the white space around its parts.
    mutating func compactValue(_ bytes: Span<UInt8>, to target: inout ByteBuffer) throws(RowProblem) {
        isObject.removeAll(keepingCapacity: true)
        while true {
            skipSpace(bytes)
            guard position < bytes.count else { throw RowProblem("the JSON ends too early") }
            let start = position
            switch bytes[position] {
            case .quote:
                _ = try string(bytes)
                target.append(bytes.extracting(start..<position))
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                if try open(bytes, to: &target) { continue }
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                try number(bytes)
                target.append(bytes.extracting(start..<position))
            default:
                try literal(bytes)
                target.append(bytes.extracting(start..<position))
            }
            if try !afterValue(bytes, to: &target) { return }
        }
    }

    /// Opens a container; true where a value comes next, false where it closed at once.
    private mutating func open(_ bytes: Span<UInt8>, to target: inout ByteBuffer) throws(RowProblem) -> Bool {
        let opening = bytes[position]
        let opensObject = opening == UInt8(ascii: "{")
        guard isObject.count < Self.depthMax else { throw RowProblem("nested deeper than \(Self.depthMax) levels") }
        target.append(opening)
        position += 1
        let closing = UInt8(ascii: opensObject ? "}" : "]")
        if take(closing, bytes) {
            target.append(closing)
            return false
        }
        isObject.append(opensObject)
        if opensObject { try memberName(bytes, to: &target) }
        return true
    }

    private mutating func memberName(_ bytes: Span<UInt8>, to target: inout ByteBuffer) throws(RowProblem) {
        skipSpace(bytes)
        guard position < bytes.count, bytes[position] == .quote else {
            throw RowProblem("a member of an object begins with a name in quotes")
        }
        let start = position
        _ = try string(bytes)
        target.append(bytes.extracting(start..<position))
        guard take(UInt8(ascii: ":"), bytes) else { throw RowProblem("a colon is missing behind a member's name") }
        target.append(UInt8(ascii: ":"))
    }

    /// Goes on behind a value, closing containers; false where the outermost value has ended.
    private mutating func afterValue(_ bytes: Span<UInt8>, to target: inout ByteBuffer) throws(RowProblem) -> Bool {
        while let inObject = isObject.last {
            if take(.comma, bytes) {
                target.append(.comma)
                if inObject { try memberName(bytes, to: &target) }
                return true
            }
            let closing = UInt8(ascii: inObject ? "}" : "]")
            guard take(closing, bytes) else {
                throw RowProblem(
                    position < bytes.count
                        ? "a comma or a closing bracket is missing behind a value" : "the JSON ends too early")
            }
            target.append(closing)
            isObject.removeLast()
        }
        return false
    }

    private mutating func number(_ bytes: Span<UInt8>) throws(RowProblem) {
        func isDigit(_ index: Int) -> Bool {
            index < bytes.count && bytes[index] >= UInt8(ascii: "0") && bytes[index] <= UInt8(ascii: "9")
        }
        func digits(_ start: Int) throws(RowProblem) -> Int {
            guard isDigit(start) else { throw RowProblem("a number that JSON does not allow") }
            var index = start
            while isDigit(index) { index += 1 }
            return index
        }
        var index = position
        if bytes[index] == UInt8(ascii: "-") { index += 1 }
        let integer = index
        index = try digits(index)
        if bytes[integer] == UInt8(ascii: "0"), index > integer + 1 {
            throw RowProblem("a number that JSON does not allow: it begins with 0")
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") { index = try digits(index + 1) }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index += 1
            }
            index = try digits(index)
        }
        position = index
    }

    private mutating func literal(_ bytes: Span<UInt8>) throws(RowProblem) {
        for word in [Array("true".utf8), Array("false".utf8), Array("null".utf8)] {
            let end = position + word.count
            if end <= bytes.count, bytes.extracting(position..<end).isEqual(to: word) {
                position = end
                return
            }
        }
        throw RowProblem("\(Printable.text(bytes.extracting(position..<position + 1))) begins no JSON value")
    }
}
