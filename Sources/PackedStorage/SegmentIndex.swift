internal import Bytes

/// The lines and the overflow of a segment, made from what is known of its records.
struct SegmentIndex: ~Copyable {
    private(set) var lines = ByteBuffer()
    private(set) var overflow = ByteBuffer()
    private let recordsByteCount: Int
    private let lineCount: Int

    /// Entries in a narrow line without overflow, and in one with it.
    private static let entriesMax = 14
    private static let entriesBesideOverflow = 13

    init(recordsByteCount: Int, keyCount: Int) {
        self.recordsByteCount = recordsByteCount
        lineCount = SegmentLayout.lineCount(forKeys: keyCount)
    }

    /// Adds all lines.
    ///
    /// - Parameters:
    ///   - hashes: Of all records, in their order.
    ///   - offsets: Where each begins, in bytes from the first.
    mutating func build(hashes: Span<UInt64>, offsets: Span<UInt64>) {
        var start = 0
        for line in 0..<lineCount {
            var end = start
            while end < hashes.count, hashes[end].multipliedFullWidth(by: UInt64(lineCount)).high == UInt64(line) {
                end += 1
            }
            let base = start < offsets.count ? offsets[start] : UInt64(recordsByteCount)
            add(hashes.extracting(start..<end), offsets.extracting(start..<end), base: base)
            start = end
        }
        precondition(start == hashes.count, "rows come in the order of their hash")
    }

    private mutating func add(_ hashes: Span<UInt64>, _ offsets: Span<UInt64>, base: UInt64) {
        let count = hashes.count
        let isWide = count > 0 && offsets[count - 1] - base > UInt64(UInt16.max)
        if isWide {
            lines.append(number: base << 8 | 1 << 4 | 15)
            lines.append(number: UInt64(overflow.count / 8))
            for _ in 0..<6 { lines.append(number: UInt64(0)) }
            overflow.append(number: UInt64(count))
            for index in 0..<count { overflow.append(number: UInt16(truncatingIfNeeded: hashes[index])) }
            padOverflow()
            for index in 0..<count { overflow.append(number: offsets[index] - base) }
            return
        }
        let isOverflowing = count > Self.entriesMax
        let inline = isOverflowing ? Self.entriesBesideOverflow : count
        let block = UInt32(isOverflowing ? overflow.count / 8 : 0)
        lines.append(number: base << 8 | UInt64(isOverflowing ? 15 : count))
        for index in 0..<inline { lines.append(number: UInt16(truncatingIfNeeded: hashes[index])) }
        for _ in inline..<Self.entriesMax { lines.append(number: UInt16(truncatingIfNeeded: block)) }
        for index in 0..<inline { lines.append(number: UInt16(offsets[index] - base)) }
        for _ in inline..<Self.entriesMax { lines.append(number: UInt16(block >> 16)) }
        guard isOverflowing else { return }
        overflow.append(number: UInt32(count - inline))
        for index in inline..<count { overflow.append(number: UInt16(truncatingIfNeeded: hashes[index])) }
        for index in inline..<count { overflow.append(number: UInt16(offsets[index] - base)) }
        padOverflow()
    }

    private mutating func padOverflow() {
        while !overflow.count.isMultiple(of: 8) { overflow.append(0) }
    }
}
