internal import Bytes

/// Tab-separated values as registered with IANA (text/tab-separated-values).
///
/// The first line names the columns. There is no quoting: a tab always ends a field and a line feed
/// always ends a row, and a carriage return before it belongs to the line's end. Empty lines are
/// passed over. Fields are bytes; only a row that becomes JSON must be UTF-8.
struct TSVDecoder: RowDecoder, ~Copyable {
    private let choice: ColumnChoice
    private var shape: TableShape?
    private var fields: [Field] = []
    private(set) var line = 1
    /// How far into the unconsumed bytes no line feed was found.
    private var scanned = 0
    private var isAtStart = true

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
        while true {
            let end: Int
            let next: Int
            if let lineFeed = bytes.firstIndex(of: .lineFeed, from: start + scanned) {
                (end, next) = (lineFeed, lineFeed + 1)
            } else if isLast {
                (end, next) = (bytes.count, bytes.count)
                guard start < end else { break }
            } else {
                scanned = bytes.count - start
                return start
            }
            scanned = 0
            let hasReturn = end > start && bytes[end - 1] == .carriageReturn
            try row(bytes.extracting(start..<(hasReturn ? end - 1 : end)), &sink)
            line += 1
            start = next
        }
        if shape == nil { throw sink.failure(line: line, "there is no header line") }
        return bytes.count
    }

    private mutating func row(_ row: Span<UInt8>, _ sink: inout some RowSink & ~Copyable) throws(BuildError) {
        guard !row.isEmpty else { return }
        fields.removeAll(keepingCapacity: true)
        var fieldStart = 0
        while let tab = row.firstIndex(of: .tab, from: fieldStart) {
            fields.append(Field(start: fieldStart, end: tab))
            fieldStart = tab + 1
        }
        fields.append(Field(start: fieldStart, end: row.count))
        if shape != nil {
            try shape?.emit(row, fields, line: line, to: &sink)
        } else {
            do {
                let header = fields.map { row.extracting($0.start..<$0.end).copied() }
                shape = try TableShape(header: header, choice: choice)
            } catch {
                throw sink.failure(line: line, error.description)
            }
        }
    }
}

/// The mark that some programs put before text to tell its encoding.
enum ByteOrderMark {
    /// How many bytes of `bytes`, an input's first, to pass over; `nil` where more bytes are needed to tell.
    static func skip(
        _ bytes: Span<UInt8>, isLast: Bool, _ sink: borrowing some RowSink & ~Copyable
    ) throws(BuildError) -> Int? {
        guard bytes.count >= 3 || isLast else { return nil }
        if bytes.count >= 2, bytes[0] ^ bytes[1] == 0x01, bytes[0] >= 0xFE {
            throw sink.failure(line: 1, "the text is UTF-16; convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)")
        }
        return bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF ? 3 : 0
    }
}
