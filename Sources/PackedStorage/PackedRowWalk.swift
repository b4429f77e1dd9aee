internal import Bytes
internal import Storage

/// A walk over the rows of a packed version, in the order of hash and key over all its segments.
final class PackedRowWalk: RowWalk {
    // Keeps the files open.
    private let engine: PackedEngine
    /// One for each segment that has rows left, as a heap whose first row is the next of all.
    private var cursors: [SegmentCursor] = []
    private var decoder = ValueDecoder()

    /// - Throws: ``EngineError`` where the files cannot be read, or a start is no position.
    init(_ engine: PackedEngine, from start: ScanStart, over extent: WalkExtent) throws(EngineError) {
        self.engine = engine
        let first = try PackedEngine.position(of: start) << PackedKey.positionShift
        let (all, least, most) =
            switch extent {
            case .everything: (Self.readAheadBytes, 16 << 10, 1 << 20)
            case .fewRows: (Self.shortReadAheadBytes, 4 << 10, 64 << 10)
            }
        let windowByteCount = min(max(all / engine.segments.count, least), most)
        for segment in engine.segments where segment.layout.keyCount > 0 {
            try decoder.prepare(for: segment)
            let cursor = try SegmentCursor(segment, windowByteCount, from: first, leavesCache: extent == .everything)
            if !cursor.isAtEnd { cursors.append(cursor) }
        }
        for index in stride(from: cursors.count / 2 - 1, through: 0, by: -1) { siftDown(index) }
    }

    func readRows(into page: inout RowPage, limit: Int) throws(EngineError) {
        page.removeAll()
        var byteCount = 0
        do throws(EngineError) {
            while byteCount < Self.pageByteCount, page.count < limit, let cursor = cursors.first {
                byteCount += try cursor.copyRow(to: &page, &decoder)
                try cursor.advance()
                if cursor.isAtEnd { removeFirst() } else { siftDown(0) }
            }
        } catch {
            cursors.removeAll()
            throw error
        }
    }

    private func removeFirst() {
        let last = cursors.removeLast()
        guard !cursors.isEmpty else { return }
        cursors[0] = last
        siftDown(0)
    }

    /// Restores the order of the heap where only the cursor at `index` may come too late.
    private func siftDown(_ index: Int) {
        var index = index
        while 2 * index + 1 < cursors.count {
            var child = 2 * index + 1
            if child + 1 < cursors.count, cursors[child + 1].precedes(cursors[child]) { child += 1 }
            guard cursors[child].precedes(cursors[index]) else { return }
            cursors.swapAt(index, child)
            index = child
        }
    }

    /// Rows in a page, unless one is larger.
    private static let pageByteCount = 256 << 10
    /// For all segments together.
    private static let readAheadBytes = 32 << 20
    private static let shortReadAheadBytes = 256 << 10
}

/// A place among the rows of one segment.
private final class SegmentCursor {
    private var reader: RecordReader
    private var index = 0
    private var hash: UInt64 = 0

    /// Begins with the first row whose hash is at least `first`.
    init(
        _ segment: PackedSegment, _ windowByteCount: Int, from first: UInt64, leavesCache: Bool
    ) throws(EngineError) {
        reader = RecordReader(windowByteCount: windowByteCount, readsKeysOnly: false)
        let lineCount = segment.layout.lineCount
        let lines = PackedKey.line(of: first, among: lineCount)..<lineCount
        var lineReader = IndexReader(segment)
        try reader.begin(segment, try lineReader.run(of: lines), of: lines, leavesCache: leavesCache)
        index = -1
        repeat { try advance() } while !isAtEnd && hash < first
    }

    var isAtEnd: Bool { reader.count == 0 }

    @inline(__always) func advance() throws(EngineError) {
        index += 1
        if index >= reader.count {
            index = 0
            guard try reader.readNext() > 0 else { return }
        }
        hash = reader.hash(at: index)
    }

    @inline(__always) func precedes(_ other: SegmentCursor) -> Bool {
        if hash != other.hash { return hash < other.hash }
        return reader.compareKey(at: index, with: other.reader, at: other.index) < 0
    }

    /// Appends the row, and tells how many bytes it has.
    func copyRow(to page: inout RowPage, _ decoder: inout ValueDecoder) throws(EngineError) -> Int {
        try reader.copyRow(at: index, to: &page, &decoder)
    }
}

extension RecordReader {
    /// Below, at or above zero as the key at `index` sorts before, with or after one of `other`.
    fileprivate func compareKey(at index: Int, with other: borrowing RecordReader, at otherIndex: Int) -> Int {
        self[keyAt: index].compare(other[keyAt: otherIndex])
    }

    /// Appends the row at `index`, and tells how many bytes it has.
    func copyRow(
        at index: Int, to page: inout RowPage, _ decoder: inout ValueDecoder
    ) throws(EngineError) -> Int {
        let key = self[keyAt: index]
        let stored = self[storedValueAt: index]
        guard let segment, segment.layout.compression == .zstd else {
            page.append(key: key, value: stored)
            return key.count + stored.count
        }
        try decoder.decode(stored, of: segment, at: place(at: index))
        page.append(key: key, value: decoder.value.span)
        return key.count + decoder.value.count
    }
}
