internal import RESP

/// Reads the string keys of a server's database with SCAN and a pipeline of GETs.
///
/// Not with MGET: it answers alike for what is gone and for what holds no string, and its reply is one piece, however
/// long. The next page of keys is asked for ahead of this one's values, so that the server is at work while they are
/// taken.
struct ServerWalk {
    private let connection: ServerConnection
    private let rowBytesMax: Int
    /// How many keys SCAN has given, those that it gave twice counted twice.
    private(set) var keyCount = 0
    /// How many keys hold something else than a string.
    private(set) var foreignKeyCount = 0
    /// How many keys were deleted, or expired, between SCAN and GET.
    private(set) var vanishedKeyCount = 0
    /// How many keys the next SCAN asks for.
    private var pageKeyCount = pageKeyCountFirst

    private static let pageKeyCountFirst = 16
    /// More than this many keep other clients of the server waiting.
    private static let pageKeyCountMax = 1000
    /// How much the values of a page should have together: the server holds two pages' for us.
    private static let pageValueBytes = 4 << 20

    init(_ connection: ServerConnection, rowBytesMax: Int) {
        self.connection = connection
        self.rowBytesMax = rowBytesMax
    }

    var bytesRead: Int { connection.bytesReceived }

    /// Gives every key that holds a string, with its value, to `rows`; keys that SCAN gives twice come twice.
    mutating func read(to rows: inout InputRows, _ progress: InputProgress) throws(BuildError) {
        askPage(from: "0")
        var page = try receivePage()
        var isLast = ask(for: page)
        while !isLast {
            let next = try receivePage()
            isLast = ask(for: next)
            try connection.flush()
            try takeValues(of: page.keys, to: &rows)
            page = next
            try progress.update(bytes: bytesRead, rows: rows.rowCount)
        }
        try takeValues(of: page.keys, to: &rows)
        try progress.update(bytes: bytesRead, rows: rows.rowCount)
    }

    private struct Page {
        /// Where the next page begins; `0` after the last.
        var cursor: String
        var keys: [[UInt8]]
    }

    /// Asks for the page behind `page`, and for the values of this one; true where it is the last.
    private func ask(for page: Page) -> Bool {
        let isLast = page.cursor == "0"
        if !isLast { askPage(from: page.cursor) }
        for key in page.keys { connection.askValue(of: key) }
        return isLast
    }

    private func askPage(from cursor: String) { connection.ask(["SCAN", cursor, "COUNT", String(pageKeyCount)]) }

    private func receivePage() throws(BuildError) -> Page {
        guard case .array(let parts) = try connection.receive("SCAN"), parts.count == 2,
            case .bulk(let cursor) = parts[0], case .array(let elements) = parts[1]
        else { throw connection.unexpected("SCAN") }
        var keys: [[UInt8]] = []
        keys.reserveCapacity(elements.count)
        for element in elements {
            guard case .bulk(let key) = element else { throw connection.unexpected("SCAN") }
            keys.append(key)
        }
        return Page(cursor: String(decoding: cursor, as: UTF8.self), keys: keys)
    }

    private mutating func takeValues(of keys: [[UInt8]], to rows: inout InputRows) throws(BuildError) {
        var valueBytes = 0
        for key in keys {
            keyCount += 1
            switch try connection.receive() {
            case .bulk(let value):
                valueBytes += value.count
                try rows.take(key: key.span, value: value.span, line: keyCount, rowBytesMax: rowBytesMax)
            case .null: vanishedKeyCount += 1
            case .error(let text) where text.hasPrefix("WRONGTYPE"):
                foreignKeyCount += 1
                try rows.takeBad(line: keyCount, "the key \(Printable.text(key.span)) holds no string")
            case .error(let text): throw connection.refusal(of: "GET", text)
            default: throw connection.unexpected("GET")
            }
        }
        let wanted = Self.pageValueBytes / max(valueBytes / max(keys.count, 1), 1)
        // Twice as many at most, as the page at hand may have been an odd one.
        pageKeyCount = max(1, min(wanted, pageKeyCount * 2, Self.pageKeyCountMax))
    }
}
