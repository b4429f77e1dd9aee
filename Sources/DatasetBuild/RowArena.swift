internal import Bytes

/// Rows in memory: in the order of their arrival, or once sorted, of their keys.
struct RowArena: ~Copyable {
    /// Every row behind its ``RowHeader``, in the order of arrival.
    private var rows: ByteBuffer
    private var entries: [SortEntry] = []
    private let bytesMax: Int
    /// How many first bytes all keys share; the sort need not look at them.
    private var commonPrefixCount = 0

    /// `bytesMax` is what rows and the index of them may take, unless a single row needs more.
    init(bytesMax: Int) {
        self.bytesMax = bytesMax
        // Reserved and not yet touched memory costs nothing; growing would hold the rows twice for a while.
        rows = ByteBuffer(capacity: bytesMax)
        entries.reserveCapacity(bytesMax / (RowHeader.byteCount + MemoryLayout<SortEntry>.stride))
    }

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }

    /// Adds a row; false where it finds no room.
    mutating func append(key: Span<UInt8>, value: Span<UInt8>, origin: RowOrigin) -> Bool {
        guard admit(key: key, rowByteCount: RowHeader.byteCount + key.count + value.count) else { return false }
        RowHeader(keyCount: key.count, valueCount: value.count, origin: origin).append(to: &rows)
        rows.append(key)
        rows.append(value)
        return true
    }

    /// Adds a row that is in one piece, header, key and value; false where it finds no room.
    mutating func append(row: Span<UInt8>) -> Bool {
        guard admit(key: row.rowKey(at: 0), rowByteCount: row.count) else { return false }
        rows.append(row)
        return true
    }

    /// Makes the entry of a row that is added next, unless it finds no room.
    @inline(__always) private mutating func admit(key: Span<UInt8>, rowByteCount: Int) -> Bool {
        let taken = rows.count + (entries.count + 1) * MemoryLayout<SortEntry>.stride
        guard taken + rowByteCount <= bytesMax || entries.isEmpty else { return false }
        if entries.isEmpty {
            commonPrefixCount = key.count
        } else if commonPrefixCount > 0 {
            commonPrefixCount = rows.span.rowKey(at: 0).commonPrefixCount(key, max: commonPrefixCount)
        }
        entries.append(SortEntry(prefix: 0, offset: rows.count))
        return true
    }

    mutating func removeAll() {
        rows.removeAll()
        entries.removeAll(keepingCapacity: true)
    }

    /// Sorts by key, bytewise; rows with equal keys keep the order of their arrival.
    mutating func sort() { Self.sort(&entries, rows, skipping: commonPrefixCount) }

    private static func sort(_ entries: inout [SortEntry], _ rows: borrowing ByteBuffer, skipping skipped: Int) {
        let rows = rows.span
        var entries = entries.mutableSpan
        for index in entries.indices {
            entries[index].prefix = rows.rowKey(at: entries[index].offset).sortablePrefix(from: skipped)
        }
        RowSort.sort(&entries, keyStart: skipped, rows)
    }

    /// Visits the rows, which are sorted, but of those with equal keys only the last.
    ///
    /// Calls `body` with a row's header, key and value as one run of bytes.
    func forEachDistinct(
        _ duplicates: DuplicateCounter, _ body: (Span<UInt8>) throws(BuildError) -> Void
    ) throws(BuildError) {
        let rows = rows.span
        let entries = entries.span
        for index in entries.indices {
            let offset = entries[index].offset
            if index + 1 < entries.count, entries[index].prefix == entries[index + 1].prefix {
                let key = rows.rowKey(at: offset)
                let next = entries[index + 1].offset
                if key.isEqual(to: rows.rowKey(at: next)) {
                    let dropped = RowHeader(rows, at: offset).origin
                    try duplicates.note(key, dropped: dropped, kept: RowHeader(rows, at: next).origin)
                    continue
                }
            }
            try body(rows.extracting(offset..<offset + RowHeader(rows, at: offset).rowByteCount))
        }
    }
}

/// A row's place, and of its key what comparing mostly needs.
struct SortEntry {
    /// The key's eight bytes behind those that all keys share, as a big-endian integer.
    var prefix: UInt64
    /// Where the row's header begins; rows that came later have higher ones.
    var offset: Int
}

extension Span<UInt8> {
    /// The key of the row whose header begins at `offset`.
    @_lifetime(copy self)
    @inline(__always) func rowKey(at offset: Int) -> Span<UInt8> {
        let start = offset + RowHeader.byteCount
        return extracting(start..<start + RowHeader(self, at: offset).keyCount)
    }

    /// The value of the row whose header begins at `offset`.
    @_lifetime(copy self)
    @inline(__always) func rowValue(at offset: Int) -> Span<UInt8> {
        let header = RowHeader(self, at: offset)
        let start = offset + RowHeader.byteCount + header.keyCount
        return extracting(start..<start + header.valueCount)
    }
}
