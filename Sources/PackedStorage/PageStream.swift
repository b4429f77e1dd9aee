internal import Bytes
internal import Platform
internal import Storage

/// Writes pages of a segment's index, and keeps their checksums.
struct PageStream: ~Copyable {
    private var region: RegionWriter
    /// The page at hand, less than a whole one.
    private var page = ByteBuffer(capacity: SegmentLayout.pageByteCount)
    /// Of the pages written, eight bytes each.
    private(set) var checksums = ByteBuffer()

    private static let bufferByteCount = 1 << 20

    /// Begins at `offset` in the file, where a page begins.
    init(file: BulkFile, path: String, offset: Int) {
        precondition(offset.isMultiple(of: SegmentLayout.pageByteCount))
        region = RegionWriter(file: file, path: path, offset: offset, bufferByteCount: Self.bufferByteCount)
    }

    /// Adds the bytes of `range` of `bytes`.
    mutating func append(_ bytes: borrowing ByteBuffer, in range: Range<Int>) throws(EngineError) {
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min(range.upperBound, start + SegmentLayout.pageByteCount - page.count)
            page.append(bytes, in: start..<end)
            start = end
            if page.count == SegmentLayout.pageByteCount { try endPage() }
        }
    }

    /// Writes what is left, as a page that may be short.
    mutating func finish() throws(EngineError) {
        if !page.isEmpty { try endPage() }
        try region.flush()
    }

    private mutating func endPage() throws(EngineError) {
        checksums.append(number: PackedKey.hash(page.span))
        try region.append(page)
        page.removeAll()
    }
}
