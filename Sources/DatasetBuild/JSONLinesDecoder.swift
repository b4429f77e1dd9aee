internal import Bytes

/// JSON Lines: one JSON object a line, in UTF-8; lines of white space alone are passed over.
///
/// The members `key` and `value`, or those that the choice of columns names, make the row; the same
/// names with `_base64` behind them hold bytes that no string can. A value that is not a string is
/// stored as its JSON text without white space, `null` is refused, as "no value" cannot be stored. A
/// key may also be a number. With a key named and no value, the whole object, without white space, is
/// the value. Other members are checked and left out.
struct JSONLinesDecoder: RowDecoder, ~Copyable {
    private let names: Names
    private(set) var line = 1
    /// How far into the unconsumed bytes no line feed was found.
    private var scanned = 0
    private var isAtStart = true
    private var key = ByteBuffer()
    private var value = ByteBuffer()
    private var name = ByteBuffer()
    private var ignored = ByteBuffer()

    private struct Names {
        let key: [UInt8]
        let keyBase64: [UInt8]
        /// `nil` where the whole object is the value.
        let value: [UInt8]?
        let valueBase64: [UInt8]?
        let keyText: String
        let valueText: String
    }

    init(choice: ColumnChoice) {
        let value = choice.value ?? (choice.key == nil ? "value" : nil)
        names = Names(
            key: Array(choice.keyName.utf8), keyBase64: Array("\(choice.keyName)_base64".utf8),
            value: value.map { Array($0.utf8) }, valueBase64: value.map { Array("\($0)_base64".utf8) },
            keyText: choice.keyName, valueText: value ?? "")
    }

    mutating func decode(
        _ bytes: Span<UInt8>, isLast: Bool, to sink: inout some RowSink & ~Copyable
    ) throws(BuildError) -> Int {
        var start = 0
        if isAtStart {
            guard let skipped = try ByteOrderMark.skip(bytes, isLast: isLast, sink) else { return 0 }
            start = skipped
            isAtStart = false
        }
        while start < bytes.count {
            let lineFeed = bytes.firstIndex(of: .lineFeed, from: start + scanned)
            guard lineFeed != nil || isLast else {
                scanned = bytes.count - start
                return start
            }
            scanned = 0
            let end = lineFeed ?? bytes.count
            try row(bytes.extracting(start..<end), &sink)
            line += 1
            start = min(end + 1, bytes.count)
        }
        return start
    }

    private mutating func row(_ row: Span<UInt8>, _ sink: inout some RowSink & ~Copyable) throws(BuildError) {
        let problem: String
        do throws(RowProblem) {
            guard try parse(row) else { return }
            problem = ""
        } catch {
            problem = error.description
        }
        if problem.isEmpty {
            try sink.take(key: key.span, value: value.span, line: line)
        } else {
            try sink.takeBad(line: line, problem)
        }
    }

    /// Reads a line into `key` and `value`; false where it is empty.
    private mutating func parse(_ row: Span<UInt8>) throws(RowProblem) -> Bool {
        var scanner = JSONScanner()
        scanner.skipSpace(row)
        guard scanner.position < row.count else { return false }
        guard scanner.take(UInt8(ascii: "{"), row) else { throw RowProblem("the line is not a JSON object") }
        key.removeAll()
        value.removeAll()
        var hasKey = false
        var hasValue = false
        let storesWhole = names.value == nil
        if storesWhole { value.append(UInt8(ascii: "{")) }
        var isFirst = true
        while !(isFirst && scanner.take(UInt8(ascii: "}"), row)) {
            if storesWhole, !isFirst { value.append(.comma) }
            isFirst = false
            switch try memberName(row, &scanner) {
            case .key(let isBase64):
                guard !hasKey else { throw RowProblem("the member \"\(names.keyText)\" occurs twice") }
                hasKey = true
                let start = scanner.position
                try readKey(row, &scanner, isBase64: isBase64)
                if storesWhole { try copy(row, from: start, to: scanner.position) }
            case .value(let isBase64):
                guard !hasValue else { throw RowProblem("the member \"\(names.valueText)\" occurs twice") }
                hasValue = true
                try readValue(row, &scanner, isBase64: isBase64)
            case .other where storesWhole:
                try scanner.compactValue(row, to: &value)
            case .other:
                ignored.removeAll()
                try scanner.compactValue(row, to: &ignored)
            }
            if scanner.take(.comma, row) { continue }
            guard scanner.take(UInt8(ascii: "}"), row) else {
                throw RowProblem("a comma or } is missing behind a member, or the line ends inside the object")
            }
            break
        }
        if storesWhole { value.append(UInt8(ascii: "}")) }
        scanner.skipSpace(row)
        guard scanner.position == row.count else { throw RowProblem("there is more behind the object's end") }
        guard hasKey else { throw RowProblem("the member \"\(names.keyText)\" is missing") }
        guard hasValue || storesWhole else { throw RowProblem("the member \"\(names.valueText)\" is missing") }
        return true
    }

    private enum Member {
        case key(isBase64: Bool)
        case value(isBase64: Bool)
        case other
    }

    /// Reads a member's name and the colon behind it.
    private mutating func memberName(_ row: Span<UInt8>, _ scanner: inout JSONScanner) throws(RowProblem) -> Member {
        scanner.skipSpace(row)
        guard scanner.position < row.count, row[scanner.position] == .quote else {
            throw RowProblem("a member of an object begins with a name in quotes")
        }
        let start = scanner.position
        let string = try scanner.string(row)
        if names.value == nil {
            value.append(row.extracting(start..<scanner.position))
            value.append(UInt8(ascii: ":"))
        }
        guard scanner.take(UInt8(ascii: ":"), row) else {
            throw RowProblem("a colon is missing behind a member's name")
        }
        guard string.hasEscapes else { return member(named: row.extracting(string.range)) }
        name.removeAll()
        JSONScanner.decode(string, row, to: &name)
        return member(named: name.span)
    }

    private func member(named name: Span<UInt8>) -> Member {
        if name.isEqual(to: names.key) { return .key(isBase64: false) }
        if name.isEqual(to: names.keyBase64) { return .key(isBase64: true) }
        if let value = names.value, name.isEqual(to: value) { return .value(isBase64: false) }
        if let base64 = names.valueBase64, name.isEqual(to: base64) { return .value(isBase64: true) }
        return .other
    }

    private mutating func readKey(
        _ row: Span<UInt8>, _ scanner: inout JSONScanner, isBase64: Bool
    ) throws(RowProblem) {
        scanner.skipSpace(row)
        switch scanner.position < row.count ? row[scanner.position] : 0 {
        case .quote:
            try Self.readString(row, &scanner, isBase64: isBase64, to: &key)
        case UInt8(ascii: "-") where !isBase64, UInt8(ascii: "0")...UInt8(ascii: "9") where !isBase64:
            try scanner.compactValue(row, to: &key)
        default:
            throw RowProblem("the key must be a string" + (isBase64 ? "" : " or a number"))
        }
    }

    private mutating func readValue(
        _ row: Span<UInt8>, _ scanner: inout JSONScanner, isBase64: Bool
    ) throws(RowProblem) {
        scanner.skipSpace(row)
        let first = scanner.position < row.count ? row[scanner.position] : 0
        if first == .quote { return try Self.readString(row, &scanner, isBase64: isBase64, to: &value) }
        guard !isBase64 else { throw RowProblem("a value in base64 must be a string") }
        guard first != UInt8(ascii: "n") else {
            throw RowProblem("the value is null, which cannot be stored: leave the row out, or write \"\"")
        }
        try scanner.compactValue(row, to: &value)
    }

    private static func readString(
        _ row: Span<UInt8>, _ scanner: inout JSONScanner, isBase64: Bool, to target: inout ByteBuffer
    ) throws(RowProblem) {
        let string = try scanner.string(row)
        guard isBase64 else {
            if string.hasEscapes {
                JSONScanner.decode(string, row, to: &target)
            } else {
                target.append(row.extracting(string.range))
            }
            return
        }
        // No character of base64 needs an escape but "/", which may have one.
        var text = ByteBuffer()
        JSONScanner.decode(string, row, to: &text)
        guard Base64.decode(text.span, to: &target) else {
            throw RowProblem("not base64 (RFC 4648: A-Z a-z 0-9 + /, padded with =)")
        }
    }

    /// Appends the key's own text to the object that is being stored.
    private mutating func copy(_ row: Span<UInt8>, from start: Int, to end: Int) throws(RowProblem) {
        var scanner = JSONScanner()
        scanner.position = start
        try scanner.compactValue(row.extracting(0..<end), to: &value)
    }
}
