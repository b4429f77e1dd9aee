import Bytes

/// Replies made of text, and the rarer kinds of RESP3.
extension ReplyWriter {
    /// Appends a status, such as `PONG`, which has no line end in it.
    public mutating func simple(_ text: StaticString) {
        output.append(Marker.simple)
        output.append(text)
        endLine()
    }

    /// Appends a status; line ends in `text` become spaces.
    public mutating func simple(_ text: String) {
        output.append(Marker.simple)
        appendOneLine(text)
        endLine()
    }

    /// Appends an error, whose text starts with its code, as in `ERR syntax error`.
    public mutating func error(_ text: StaticString) {
        output.append(Marker.error)
        output.append(text)
        endLine()
    }

    /// Appends an error; line ends at the end of `text` are dropped, others become spaces, as in Redis.
    public mutating func error(_ text: String) {
        output.append(Marker.error)
        appendOneLine(text)
        endLine()
    }

    /// Appends an error made of bytes that need not be UTF-8; line ends are treated as in a `String`.
    public mutating func error(_ text: Span<UInt8>) {
        output.append(Marker.error)
        appendOneLine(text)
        endLine()
    }

    public mutating func bulk(_ text: String) {
        bulk(text.utf8.span)
    }

    public mutating func bulk(_ text: StaticString) {
        output.appendHeader(Marker.bulk, text.utf8CodeUnitCount)
        output.append(text)
        endLine()
    }

    /// Appends `value` in decimal as a bulk string, as cursors are sent.
    public mutating func bulk(decimal value: UInt) {
        output.appendHeader(Marker.bulk, ByteBuffer.decimalDigitCount(of: value))
        output.append(decimal: value)
        endLine()
    }

    /// Appends a truth value: `1` or `0` where there is no such kind of reply.
    public mutating func boolean(_ value: Bool) {
        switch version {
        case .resp2: integer(value ? 1 : 0)
        case .resp3: output.append(packed: value ? Packed.isTrue : Packed.isFalse, count: 4)
        }
    }

    /// Appends a number in the shortest form that reads back the same; a bulk string in RESP2.
    public mutating func double(_ value: Double) {
        let text = Self.text(of: value)
        switch version {
        case .resp2: bulk(text)
        case .resp3:
            output.append(Marker.double)
            output.append(text)
            endLine()
        }
    }

    /// Appends text meant for people; a bulk string in RESP2.
    public mutating func verbatim(_ text: Span<UInt8>) {
        switch version {
        case .resp2: bulk(text)
        case .resp3: output.appendFrame(Marker.verbatim, prefix: "txt:", text)
        }
    }

    /// Appends text meant for people; a bulk string in RESP2.
    public mutating func verbatim(_ text: String) {
        verbatim(text.utf8.span)
    }

    private mutating func endLine() {
        output.append(packed: 0x0a0d, count: 2)
    }

    private mutating func appendOneLine(_ text: String) {
        appendOneLine(text.utf8.span)
    }

    private mutating func appendOneLine(_ text: Span<UInt8>) {
        var end = text.count
        while end > 0, Self.isLineEnd(text[end - 1]) { end -= 1 }
        for index in 0..<end {
            output.append(Self.isLineEnd(text[index]) ? UInt8(ascii: " ") : text[index])
        }
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
    }

    /// Redis's spelling: `inf`, `-inf`, `nan`, and no `.0` behind whole numbers.
    static func text(of value: Double) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        let text = "\(value)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
