public import Bytes

/// Finds RESP requests, multibulk and inline, in the bytes a client has sent so far.
///
/// The parser owns none of a multibulk's bytes: it reports where each argument lies in the bytes it
/// was given. Called again with the same bytes and more, it goes on at the argument it stopped in, so
/// a request that trickles in costs no more than one that comes whole. Nothing is allocated for what a
/// client merely announces.
public struct RequestParser: ~Copyable {
    public enum Outcome: Equatable, Sendable {
        /// Every byte so far is valid, and the request is not complete yet.
        case needsMoreBytes
        /// A whole request, which takes up the first `byteCount` bytes, to be had by
        /// ``RequestParser/request(in:)``.
        ///
        /// It has no arguments at all for `*0`, `*-1` and an empty line, which Redis ignores.
        case request(byteCount: Int)
    }

    public var limits: Limits
    @usableFromInline var arguments = FlatArray<Request.Argument>()
    /// What an inline request's arguments are once quotes and escapes are resolved.
    @usableFromInline var inlineBytes = ByteBuffer()
    /// Whether the request last found was inline, so that its arguments lie in ``inlineBytes``.
    @usableFromInline var isInline = false
    /// How far a request in progress has been understood, in bytes from its start.
    @usableFromInline var offset = 0
    /// How many arguments a multibulk in progress announced.
    private var announced = 0
    /// How many bytes of an inline request are known to hold no line end.
    @usableFromInline var searched = 0

    public init(limits: Limits) {
        self.limits = limits
    }

    /// Whether nothing is known yet of the request to come, so that somebody else may take it.
    @inlinable public var isBetweenRequests: Bool { offset | searched == 0 }

    /// The request last found, which began where `bytes` begins.
    @inlinable @_lifetime(borrow self, copy bytes)
    public func request(in bytes: Span<UInt8>) -> Request {
        Request(bytes: isInline ? inlineBytes.span : bytes, arguments: arguments.span)
    }

    /// Continues over `bytes`, which starts where the last complete request ended.
    ///
    /// - Throws: ``ProtocolError`` when no continuation of `bytes` could be a request.
    public mutating func parse(_ bytes: Span<UInt8>) throws(ProtocolError) -> Outcome {
        if offset == 0 {
            if arguments.capacity > Self.keptArgumentsMax { arguments.release() }
            arguments.removeAll()
            if isInline {
                inlineBytes.release()
                isInline = false
            }
            guard bytes.count > 0 else { return .needsMoreBytes }
            guard bytes[0] == UInt8(ascii: "*") else { return try parseInline(bytes) }
            guard let count = try readLength(bytes, "*") else { return .needsMoreBytes }
            guard count.value <= limits.argumentCountMax else { throw .invalidMultibulkLength }
            guard count.value > 0 else { return finish(count.lineEnd) }
            (announced, offset, searched) = (count.value, count.lineEnd, 0)
        }
        while arguments.count < announced {
            if takeShortArgument(bytes) { continue }
            guard let length = try readLength(bytes, "$") else { return .needsMoreBytes }
            guard length.value >= 0, length.value <= limits.argumentBytesMax else { throw .invalidBulkLength }
            let start = length.lineEnd
            let end = start + length.value
            guard end <= limits.requestBytesMax else { throw .invalidBulkLength }
            guard bytes.count - end >= 2 else { return .needsMoreBytes }
            guard bytes[end] == .carriageReturn, bytes[end + 1] == .lineFeed else { throw .unterminatedBulk }
            arguments.append(Request.Argument(offset: start, count: length.value))
            offset = end + 2
            searched = 0
        }
        return finish(offset)
    }

    /// Takes the argument at ``offset`` if it is whole and short, as most are.
    @inline(__always)
    private mutating func takeShortArgument(_ bytes: Span<UInt8>) -> Bool {
        guard offset <= bytes.count &- 8, let header = ShortHeader(bytes.word(at: offset)) else { return false }
        let start = offset &+ header.byteCount
        let end = start &+ header.value
        guard header.value <= limits.argumentBytesMax, end <= limits.requestBytesMax, end <= bytes.count &- 2,
            bytes.pair(at: end) == ShortHeader.lineEnd
        else { return false }
        arguments.append(Request.Argument(offset: start, count: header.value))
        offset = end &+ 2
        searched = 0
        return true
    }

    private mutating func finish(_ byteCount: Int) -> Outcome {
        (offset, announced, searched) = (0, 0, 0)
        return .request(byteCount: byteCount)
    }

    /// Reads `marker`, a decimal number and CRLF at ``offset``; `nil` where the line is not whole yet.
    ///
    /// The caller moves ``offset``: while a bulk's bytes are still missing, its short length line is
    /// read again each time, which is cheaper than a state to remember it.
    @inline(__always)
    private mutating func readLength(
        _ bytes: Span<UInt8>, _ marker: Unicode.Scalar
    ) throws(ProtocolError) -> (value: Int, lineEnd: Int)? {
        guard offset < bytes.count else { return nil }
        guard bytes[offset] == UInt8(ascii: marker) else { throw .expectedBulk(found: bytes[offset]) }
        let first = offset + 1
        let stop = min(bytes.count - 1, first + 10)  // Ten digits fit without overflow checks.
        var index = first
        var value = 0
        while index < stop {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            value = value &* 10 &+ Int(digit)
            index += 1
        }
        if index < stop, index > first, bytes[index] == .carriageReturn, bytes[index + 1] == .lineFeed,
            bytes[first] != UInt8(ascii: "0") || index == first + 1
        {
            return (value, index + 2)
        }
        return try readUncommonLength(bytes, isMultibulk: marker == "*")
    }

    /// The same for lines that are not whole, not numbers, negative or overlong.
    @inline(never)
    private mutating func readUncommonLength(
        _ bytes: Span<UInt8>, isMultibulk: Bool
    ) throws(ProtocolError) -> (value: Int, lineEnd: Int)? {
        var end = max(offset + 1, searched)
        while end < bytes.count, bytes[end] != .carriageReturn { end += 1 }
        searched = end
        guard end - offset <= limits.inlineBytesMax else {
            throw isMultibulk ? .multibulkCountTooLong : .bulkCountTooLong
        }
        guard end < bytes.count else { return nil }
        let invalid = isMultibulk ? ProtocolError.invalidMultibulkLength : .invalidBulkLength
        guard let value = Int(decimal: bytes.extracting(offset + 1..<end)) else { throw invalid }
        guard end + 1 < bytes.count else { return nil }
        guard bytes[end + 1] == .lineFeed else { throw invalid }
        return (value, end + 2)
    }

    /// An inline request: words on a line, as people type them into a terminal.
    private mutating func parseInline(_ bytes: Span<UInt8>) throws(ProtocolError) -> Outcome {
        var end = searched
        while end < bytes.count, bytes[end] != .lineFeed { end += 1 }
        searched = end
        let line = end > 0 && bytes[end - 1] == .carriageReturn ? end - 1 : end
        // Also where the end of the line is here, so that it does not matter how the bytes were cut.
        guard line <= limits.inlineBytesMax else { throw .inlineTooLong }
        guard end < bytes.count else { return .needsMoreBytes }
        var words = InlineWords(bytes.extracting(..<line))
        isInline = true
        var start = 0
        while try words.next(into: &inlineBytes) {
            arguments.append(Request.Argument(offset: start, count: inlineBytes.count - start))
            start = inlineBytes.count
        }
        return finish(end + 1)
    }

    /// The most arguments that a connection keeps room for between requests.
    private static let keptArgumentsMax = 256
}

extension RequestParser {
    /// Bounds on what one request may ask this process to hold.
    public struct Limits: Sendable, Equatable {
        /// Arguments of a multibulk, the command's name included.
        public var argumentCountMax: Int
        /// Bytes of one argument.
        public var argumentBytesMax: Int
        /// Bytes of an inline request or of a length line.
        public var inlineBytesMax: Int
        /// Bytes of a whole multibulk, up to the end of its last argument; an argument that would lie beyond is
        /// refused as soon as its length is known.
        public var requestBytesMax = Request.bytesMax

        /// Redis's own limits, but for 2^31 - 1 arguments where we take 1,048,576.
        public init(argumentCountMax: Int = 1 << 20, argumentBytesMax: Int = 512 << 20, inlineBytesMax: Int = 64 << 10)
        {
            precondition((1...1 << 20).contains(argumentCountMax))
            precondition((1...512 << 20).contains(argumentBytesMax))
            precondition((16...1 << 20).contains(inlineBytesMax))
            self.argumentCountMax = argumentCountMax
            self.argumentBytesMax = argumentBytesMax
            self.inlineBytesMax = inlineBytesMax
        }
    }
}

extension UInt8 {
    static let carriageReturn = UInt8(ascii: "\r")
    static let lineFeed = UInt8(ascii: "\n")
}
