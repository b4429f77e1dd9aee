internal import Bytes
internal import Platform
internal import Storage

/// Reads lines of one segment from its file, a page at a time, and verifies each page's checksum.
///
/// Belongs to one thread; waits for the disk.
struct IndexReader: ~Copyable {
    private let segment: PackedSegment
    private var page = ByteBuffer()
    /// Which page is at hand.
    private var number = -1

    init(_ segment: PackedSegment) { self.segment = segment }

    /// Where the records of `lines` are, in bytes from the first record.
    mutating func run(of lines: Range<Int>) throws(EngineError) -> Range<Int> {
        let start = try base(of: lines.lowerBound)
        let end = try base(of: lines.upperBound)
        guard start <= end, end <= segment.layout.records.count else {
            throw segment.damage("the index: lines \(lines.lowerBound) to \(lines.upperBound) are out of order")
        }
        return start..<end
    }

    /// Appends the bytes of a line to `buffer`.
    mutating func copyLine(_ line: Int, to buffer: inout ByteBuffer) throws(EngineError) {
        let offset = line * SegmentLayout.lineByteCount
        try bring(offset / SegmentLayout.pageByteCount)
        let start = offset % SegmentLayout.pageByteCount
        buffer.append(page, in: start..<start + SegmentLayout.lineByteCount)
    }

    /// Where the first record of a line begins; for the line behind the last one, the length of all records.
    private mutating func base(of line: Int) throws(EngineError) -> Int {
        guard line < segment.layout.lineCount else { return segment.layout.records.count }
        let offset = line * SegmentLayout.lineByteCount
        try bring(offset / SegmentLayout.pageByteCount)
        return Int(page.span.packed(at: offset % SegmentLayout.pageByteCount, count: 8) >> 8)
    }

    private mutating func bring(_ wanted: Int) throws(EngineError) {
        guard number != wanted else { return }
        number = -1
        let index = segment.layout.index
        let start = wanted * SegmentLayout.pageByteCount
        let byteCount = min(SegmentLayout.pageByteCount, index.count - start)
        page.removeAll()
        try segment.read(byteCount, at: index.offset + start, to: &page)
        try segment.read(8, at: segment.layout.pageChecksums.offset + wanted * 8, to: &page)
        guard page.span.packed(at: byteCount, count: 8) == PackedKey.hash(page.span.extracting(0..<byteCount)) else {
            throw segment.damage("page \(wanted) of the index: its checksum is wrong")
        }
        number = wanted
    }
}

extension PackedKey {
    /// The line that a key of this hash belongs to.
    @inline(__always) static func line(of hash: UInt64, among lineCount: Int) -> Int {
        Int(hash.multipliedFullWidth(by: UInt64(lineCount)).high)
    }

    /// Positions of walks are the top 52 bits of a hash: cursors made of them have 53, and are exact as doubles.
    static let positionShift: UInt64 = 12
    static let positionCount: UInt64 = 1 << 52

    /// The greatest hash of those whose position is below `position`, which is above 0.
    static func greatestHash(before position: UInt64) -> UInt64 {
        position >= positionCount ? .max : position << positionShift - 1
    }
}

extension PackedSegment {
    /// Appends exactly `byteCount` bytes of the file to `buffer`.
    func read(_ byteCount: Int, at offset: Int, to buffer: inout ByteBuffer) throws(EngineError) {
        var done = 0
        while done < byteCount {
            let more: Int
            do throws(SystemError) {
                more = try file.read(byteCount - done, at: offset + done, to: &buffer)
            } catch {
                throw EngineError(operation: "read", kind: .io, message: "\(path): \(error.reason)")
            }
            guard more > 0 else { throw damage("it ends at byte \(offset + done), and is longer by its trailer") }
            done += more
        }
    }

    func pagesBeforeWalk() throws(EngineError) -> PassingPages {
        do throws(SystemError) {
            return try file.pagesBeforeWalk()
        } catch {
            throw EngineError(operation: "read", kind: .io, message: "\(path): \(error.reason)")
        }
    }

    func damage(_ message: String) -> EngineError {
        EngineError(operation: "read", kind: .damaged, message: "\(path): \(message)")
    }

    /// Damage of the record at `place`, in bytes from the first.
    func damage(at place: Int, _ message: String) -> EngineError {
        damage("the record at byte \(layout.records.offset + place): \(message)")
    }
}
