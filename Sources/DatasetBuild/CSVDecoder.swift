internal import Bytes

/// Comma-separated values as RFC 4180 has them.
///
/// The first record names the columns. A field in quotes may hold commas, line ends and doubled
/// quotes; a quote anywhere else is an error, as is anything between a closing quote and the next
/// comma or line end. Lines end in CRLF or LF. Empty lines are passed over. After a malformed record
/// decoding goes on at the next line feed. Fields are bytes; only a record that becomes JSON must be UTF-8.
struct CSVDecoder: RowDecoder, ~Copyable {
    private let choice: ColumnChoice
    private var shape: TableShape?
    private var isAtStart = true

    private(set) var line = 1
    private var lineFeedsInRecord = 0
    // Offsets below count from the record's first byte, so they stay right when bytes before it are dropped.
    private var fields: [Field] = []
    private var field = Field(start: 0, end: 0)
    private var position = 0
    private var state = State.fieldStart
    private var quoteLine = 0

    private enum State {
        case fieldStart
        case unquoted
        case quoted
        /// Behind a quote inside a quoted field: the field's end, or the first of two quotes.
        case quoteInQuoted
        /// Behind a carriage return outside of quotes.
        case carriageReturn
        /// In a malformed record, looking for its end.
        case skipping
    }

    init(choice: ColumnChoice) { self.choice = choice }

    mutating func decode(
        _ bytes: Span<UInt8>, isLast: Bool, to sink: inout some RowSink & ~Copyable
    ) throws(BuildError) -> Int {
        var start = 0
        if isAtStart {
            guard let skipped = try ByteOrderMark.skip(bytes, isLast: isLast, sink) else { return 0 }
            start = skipped
            isAtStart = false
        }
        while try scan(bytes.extracting(start..<bytes.count), &sink) {
            start += position
            startRecord()
        }
        guard isLast else { return start }
        try finish(bytes.extracting(start..<bytes.count), &sink)
        return bytes.count
    }

    private mutating func startRecord() {
        line += lineFeedsInRecord + 1
        lineFeedsInRecord = 0
        fields.removeAll(keepingCapacity: true)
        field = Field(start: 0, end: 0)
        position = 0
        state = .fieldStart
    }

    /// Goes on with the record that begins `bytes`; true where it ended, just before `position`.
    private mutating func scan(
        _ bytes: Span<UInt8>, _ sink: inout some RowSink & ~Copyable
    ) throws(BuildError) -> Bool {
        while position < bytes.count {
            let byte = bytes[position]
            switch state {
            case .fieldStart where byte == .quote:
                quoteLine = line + lineFeedsInRecord
                state = .quoted
                field = Field(start: position + 1, end: position + 1)
            case .fieldStart, .unquoted:
                scanUnquoted(bytes)
                guard position < bytes.count else { return false }
                let end = bytes[position]
                if end == .quote {
                    try malformed("a quote in a field that does not begin with one", &sink)
                    continue
                }
                field.end = position
                try endField(end, bytes, &sink)
                if end == .lineFeed { return true }
            case .quoted:
                guard scanQuoted(bytes) else { return false }
            case .quoteInQuoted:
                if byte == .quote {
                    field.hasDoubledQuotes = true
                    state = .quoted
                } else if byte == .comma || byte == .lineFeed || byte == .carriageReturn {
                    field.end = position - 1
                    try endField(byte, bytes, &sink)
                    if byte == .lineFeed { return true }
                } else {
                    try malformed("only a comma or a line end may follow a closing quote", &sink)
                    continue
                }
            case .carriageReturn:
                guard byte == .lineFeed else {
                    try malformed("a carriage return without a line feed behind it, outside of quotes", &sink)
                    continue
                }
                try emit(bytes, &sink)
                position += 1
                return true
            case .skipping:
                guard let lineFeed = bytes.firstIndex(of: .lineFeed, from: position) else {
                    position = bytes.count
                    return false
                }
                position = lineFeed + 1
                return true
            }
            position += 1
        }
        return false
    }

    /// Moves to the next byte that can end an unquoted field.
    @inline(__always) private mutating func scanUnquoted(_ bytes: Span<UInt8>) {
        state = .unquoted
        var index = position
        let count = bytes.count
        while index < count {
            let byte = bytes[index]
            if byte <= .comma, byte == .comma || byte == .lineFeed || byte == .carriageReturn || byte == .quote {
                break
            }
            index += 1
        }
        position = index
    }

    /// Moves to the next quote and counts the lines on the way; false where there is none yet.
    private mutating func scanQuoted(_ bytes: Span<UInt8>) -> Bool {
        let quote = bytes.firstIndex(of: .quote, from: position)
        let end = quote ?? bytes.count
        lineFeedsInRecord += bytes.extracting(position..<end).count(of: .lineFeed)
        position = end
        state = quote == nil ? .quoted : .quoteInQuoted
        return quote != nil
    }

    /// Ends the current field at `separator`, and the record with it where that is a line feed.
    private mutating func endField(
        _ separator: UInt8, _ bytes: Span<UInt8>, _ sink: inout some RowSink & ~Copyable
    ) throws(BuildError) {
        fields.append(field)
        switch separator {
        case .comma:
            state = .fieldStart
            field = Field(start: position + 1, end: position + 1)
        case .carriageReturn:
            state = .carriageReturn
        default:
            try emit(bytes, &sink)
            position += 1
        }
    }

    private mutating func emit(_ bytes: Span<UInt8>, _ sink: inout some RowSink & ~Copyable) throws(BuildError) {
        if fields.count == 1, fields[0].end == 0 { return }  // An empty line; `""` ends further on.
        if shape != nil {
            try shape?.emit(bytes, fields, line: line, to: &sink)
            return
        }
        var header: [[UInt8]] = []
        for field in fields {
            let content = bytes.extracting(field.start..<field.end).copied()
            header.append(field.hasDoubledQuotes ? Self.unquoted(content) : content)
        }
        do {
            shape = try TableShape(header: header, choice: choice)
        } catch {
            throw sink.failure(line: line, error.description)
        }
    }

    private static func unquoted(_ content: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var isSecond = false
        for byte in content {
            isSecond = byte == .quote && !isSecond
            if byte != .quote || isSecond { result.append(byte) }
        }
        return result
    }

    /// Takes note of the malformed record, and goes on looking for its end at the current byte.
    private mutating func malformed(_ problem: String, _ sink: inout some RowSink & ~Copyable) throws(BuildError) {
        let problemLine = line + lineFeedsInRecord
        guard shape != nil else { throw sink.failure(line: problemLine, problem) }
        try sink.takeBad(line: problemLine, problem)
        state = .skipping
    }

    /// Ends the last record where no line feed does.
    private mutating func finish(_ bytes: Span<UInt8>, _ sink: inout some RowSink & ~Copyable) throws(BuildError) {
        switch state {
        case .fieldStart where fields.isEmpty:
            break
        case .fieldStart, .unquoted:
            field.end = position
            fields.append(field)
            try emit(bytes, &sink)
        case .quoteInQuoted:
            field.end = position - 1
            fields.append(field)
            try emit(bytes, &sink)
        case .carriageReturn:
            try emit(bytes, &sink)
        case .quoted:
            let problem = "the quote that opens a field here is never closed"
            guard shape != nil else { throw sink.failure(line: quoteLine, problem) }
            try sink.takeBad(line: quoteLine, problem)
        case .skipping:
            break
        }
        if shape == nil { throw sink.failure(line: line, "there is no header line") }
    }
}
