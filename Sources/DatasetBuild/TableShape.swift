internal import Bytes

/// A field of a row: where its content lies, counted from the row's first byte.
struct Field {
    var start: Int
    var end: Int
    /// Whether a doubled quote in it stands for one.
    var hasDoubledQuotes = false
}

/// Makes keys and values of a table's rows as its header and the choice of columns say.
struct TableShape: ~Copyable {
    let columnCount: Int
    private let keyColumn: Int
    /// `nil` where the whole row becomes a JSON object.
    private let valueColumn: Int?
    /// What goes before each field in a JSON object: `{"first":` or `,"second":`.
    private let memberNames: [[UInt8]]
    private var key = ByteBuffer()
    private var value = ByteBuffer()

    /// An error says why this header does not go with this choice.
    init(header: [[UInt8]], choice: ColumnChoice) throws(RowProblem) {
        let keyColumn = try Self.column(named: choice.keyName, in: header)
        var valueColumn: Int?
        var memberNames: [[UInt8]] = []
        if let name = choice.value {
            valueColumn = try Self.column(named: name, in: header)
        } else {
            memberNames = try Self.memberNames(header)
        }
        columnCount = header.count
        self.keyColumn = keyColumn
        self.valueColumn = valueColumn
        self.memberNames = memberNames
    }

    private static func memberNames(_ header: [[UInt8]]) throws(RowProblem) -> [[UInt8]] {
        var names: [[UInt8]] = []
        var seen: Set<[UInt8]> = []
        for (index, name) in header.enumerated() {
            let text = Printable.text(name.span)
            guard seen.insert(name).inserted else {
                throw RowProblem("the header names column \(text) twice; a JSON object cannot, so name a --value")
            }
            var member = ByteBuffer()
            member.append(index == 0 ? UInt8(ascii: "{") : .comma)
            guard JSONText.appendString(name.span, to: &member) else {
                throw RowProblem("column \(text) of the header is not UTF-8, which JSON needs; name a --value")
            }
            member.append(UInt8(ascii: ":"))
            names.append(member.span.copied())
        }
        return names
    }

    private static func column(named name: String, in header: [[UInt8]]) throws(RowProblem) -> Int {
        let wanted = Array(name.utf8)
        guard let column = header.firstIndex(of: wanted) else {
            let shown = header.prefix(20).map { Printable.text($0.span) }.joined(separator: ", ")
            let more = header.count > 20 ? ", …" : ""
            throw RowProblem("the header has no column \"\(name)\"; it has \(shown)\(more)")
        }
        guard header.lastIndex(of: wanted) == column else {
            throw RowProblem("the header names column \"\(name)\" twice")
        }
        return column
    }

    /// Gives the row whose fields lie in `row` to `sink`, or what is wrong with it.
    mutating func emit(
        _ row: Span<UInt8>, _ fields: borrowing [Field], line: Int, to sink: inout some RowSink & ~Copyable
    ) throws(BuildError) {
        guard fields.count == columnCount else {
            let noun = fields.count == 1 ? "field" : "fields"
            return try sink.takeBad(line: line, "\(fields.count) \(noun), but the header has \(columnCount)")
        }
        guard fields[keyColumn].end > fields[keyColumn].start else {
            return try sink.takeBad(line: line, "the key is empty")
        }
        if let valueColumn {
            // Spans into the row and into the scratch cannot be told apart by type, so each case is its own call.
            switch (fields[keyColumn].hasDoubledQuotes, fields[valueColumn].hasDoubledQuotes) {
            case (false, false):
                try sink.take(
                    key: Self.content(row, fields[keyColumn]), value: Self.content(row, fields[valueColumn]), line: line
                )
            case (true, false):
                Self.unquote(row, fields[keyColumn], into: &key)
                try sink.take(key: key.span, value: Self.content(row, fields[valueColumn]), line: line)
            case (false, true):
                Self.unquote(row, fields[valueColumn], into: &value)
                try sink.take(key: Self.content(row, fields[keyColumn]), value: value.span, line: line)
            case (true, true):
                Self.unquote(row, fields[keyColumn], into: &key)
                Self.unquote(row, fields[valueColumn], into: &value)
                try sink.take(key: key.span, value: value.span, line: line)
            }
            return
        }
        value.removeAll()
        for index in 0..<columnCount {
            let name = memberNames[index]
            value.append(name.span)
            let content = Self.content(row, fields[index])
            guard JSONText.appendString(content, collapsingQuotes: fields[index].hasDoubledQuotes, to: &value) else {
                let name = String(decoding: name.dropFirst().dropLast(), as: UTF8.self)
                return try sink.takeBad(
                    line: line, "column \(name) is not UTF-8, which JSON needs; --value stores one column as it is")
            }
        }
        value.append(UInt8(ascii: "}"))
        if fields[keyColumn].hasDoubledQuotes {
            Self.unquote(row, fields[keyColumn], into: &key)
            try sink.take(key: key.span, value: value.span, line: line)
        } else {
            try sink.take(key: Self.content(row, fields[keyColumn]), value: value.span, line: line)
        }
    }

    @_lifetime(copy row)
    @inline(__always) private static func content(_ row: Span<UInt8>, _ field: Field) -> Span<UInt8> {
        row.extracting(field.start..<field.end)
    }

    /// Writes the content of a field, each doubled quote as one.
    static func unquote(_ row: Span<UInt8>, _ field: Field, into target: inout ByteBuffer) {
        target.removeAll()
        var start = field.start
        let content = row.extracting(0..<field.end)
        while let quote = content.firstIndex(of: .quote, from: start) {
            target.append(content.extracting(start..<quote + 1))
            start = quote + 2
        }
        target.append(content.extracting(start..<field.end))
    }
}

/// What is wrong with a row, for an operator; the sink adds where it is.
struct RowProblem: Error {
    let description: String

    init(_ description: String) { self.description = description }
}
