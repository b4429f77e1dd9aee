import Bytes
import RESP

/// The arguments of reads of streams, checked in Redis's order.
enum StreamArguments {
    private static let invalidIdentifier: StaticString =
        "ERR Invalid stream ID specified as stream command argument"

    // MARK: XREAD

    static let checkRead: ForeignRead.Check = { request throws(CommandError) in
        var index = 1
        while index < request.count {
            let left = request.count - index - 1
            if request[index].equalsIgnoringCase("BLOCK"), left > 0 {
                let error: StaticString = "ERR timeout is not an integer or out of range"
                guard let timeout = Int(decimal: request[index + 1]) else { throw CommandError(error) }
                guard timeout >= 0 else { throw CommandError("ERR timeout is negative") }
                index += 1
            } else if request[index].equalsIgnoringCase("COUNT"), left > 0 {
                _ = try ForeignRead.integer(request[index + 1])
                index += 1
            } else if request[index].equalsIgnoringCase("STREAMS"), left > 0 {
                guard left.isMultiple(of: 2) else {
                    throw CommandError(
                        """
                        ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.
                        """)
                }
                return
            } else if request[index].equalsIgnoringCase("GROUP"), left >= 2 {
                throw CommandError("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.")
            } else if request[index].equalsIgnoringCase("NOACK") {
                throw CommandError("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.")
            } else {
                throw CommandError(ErrorReply.syntax)
            }
            index += 1
        }
        throw CommandError(ErrorReply.syntax)
    }

    /// The keys of a request that ``checkRead`` has let pass, up to the first whose identifier is invalid: Redis
    /// looks at each key before it looks at its identifier.
    static func keyPlaces(in request: borrowing Request) -> Range<Int> {
        let all = allKeyPlaces(in: request)
        for place in all where identifierError(request[place + all.count]) != nil {
            return all.lowerBound..<place + 1
        }
        return all
    }

    static let checkIdentifiers: ForeignRead.Check = { request throws(CommandError) in
        let keys = allKeyPlaces(in: request)
        for place in keys {
            if let error = identifierError(request[place + keys.count]) { throw CommandError(error) }
        }
    }

    private static func allKeyPlaces(in request: borrowing Request) -> Range<Int> {
        var index = 1
        // Every option before takes a value.
        while index < request.count, !request[index].equalsIgnoringCase("STREAMS") { index += 2 }
        let first = min(index + 1, request.count)
        return first..<first + (request.count - first) / 2
    }

    /// What is wrong with where to go on in a stream; `$` is its end.
    private static func identifierError(_ text: Span<UInt8>) -> StaticString? {
        if text.elementsEqual("$") { return nil }
        if text.elementsEqual(">") {
            return """
                ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.
                """
        }
        return StreamIdentifier(text, missingSequence: 0) == nil ? invalidIdentifier : nil
    }

    // MARK: Ranges

    static func checkRange(isReverse: Bool) -> ForeignRead.Check {
        { request throws(CommandError) in
            try checkInterval(isReverse ? 3 : 2, isReverse ? 2 : 3, of: request)
            var index = 4
            while index < request.count {
                guard index + 1 < request.count, request[index].equalsIgnoringCase("COUNT") else {
                    throw CommandError(ErrorReply.syntax)
                }
                _ = try ForeignRead.integer(request[index + 1])
                index += 2
            }
        }
    }

    static let checkPending: ForeignRead.Check = { request throws(CommandError) in
        guard request.count != 3 else { return }
        guard 6...9 ~= request.count else { throw CommandError(ErrorReply.syntax) }
        var start = 3
        if request[3].equalsIgnoringCase("IDLE") {
            _ = try ForeignRead.integer(request[4])
            guard request.count >= 8 else { throw CommandError(ErrorReply.syntax) }
            start = 5
        }
        _ = try ForeignRead.integer(request[start + 2])
        try checkInterval(start, start + 1, of: request)
    }

    /// The error of a consumer group whose stream is not there.
    static func noGroup(_ request: borrowing Request) -> [UInt8] {
        ErrorReply.quoting("NOGROUP No such key '", request[1], "' or consumer group '")
            + ErrorReply.quoting("", request[2], "'")
    }

    private static func checkInterval(_ first: Int, _ last: Int, of request: borrowing Request) throws(CommandError) {
        let start = try end(of: request[first], missingSequence: 0)
        if start.isExclusive, start.identifier == .greatest {
            throw CommandError("ERR invalid start ID for the interval")
        }
        let end = try end(of: request[last], missingSequence: .max)
        if end.isExclusive, end.identifier == .least {
            throw CommandError("ERR invalid end ID for the interval")
        }
    }

    private static func end(
        of text: Span<UInt8>, missingSequence: UInt64
    ) throws(CommandError) -> (identifier: StreamIdentifier, isExclusive: Bool) {
        let isExclusive = text.count > 1 && text[0] == UInt8(ascii: "(")
        if !isExclusive, text.elementsEqual("-") { return (.least, false) }
        if !isExclusive, text.elementsEqual("+") { return (.greatest, false) }
        let digits = text.extracting((isExclusive ? 1 : 0)...)
        guard let identifier = StreamIdentifier(digits, missingSequence: missingSequence) else {
            throw CommandError(invalidIdentifier)
        }
        return (identifier, isExclusive)
    }
}

/// The identifier of an entry of a stream: `milliseconds-sequence`.
struct StreamIdentifier: Equatable {
    let milliseconds: UInt64
    let sequence: UInt64

    static let least = Self(milliseconds: 0, sequence: 0)
    static let greatest = Self(milliseconds: .max, sequence: .max)

    private init(milliseconds: UInt64, sequence: UInt64) {
        self.milliseconds = milliseconds
        self.sequence = sequence
    }

    /// `nil` for anything but one or two decimal numbers.
    init?(_ text: Span<UInt8>, missingSequence: UInt64) {
        let hyphen = text.indices.first { text[$0] == UInt8(ascii: "-") }
        guard let milliseconds = Self.number(text.extracting(..<(hyphen ?? text.count))) else { return nil }
        var sequence = missingSequence
        if let hyphen {
            guard let written = Self.number(text.extracting((hyphen + 1)...)) else { return nil }
            sequence = written
        }
        self.init(milliseconds: milliseconds, sequence: sequence)
    }

    private static func number(_ text: Span<UInt8>) -> UInt64? {
        guard !text.isEmpty, text.count < 128, text[0] != UInt8(ascii: "-") else { return nil }
        let digits = text.droppingLeadingSpace
        return digits.isEmpty || digits[0] == 0 ? nil : UInt64(cursor: digits)
    }
}
