import Foundation
import PackedStorage

/// A segment's bytes taken apart as `Format.md` has it, with none of the engine's code but the hash.
struct DecodedSegment {
    struct Problem: Error { let description: String }

    struct Record: Equatable {
        var key: [UInt8]
        /// As it is in the file.
        var stored: [UInt8]
    }

    /// What forms of lines there are.
    enum LineForm: Hashable { case empty, narrow, overflowing, wide }

    private let bytes: [UInt8]
    private(set) var records: [Record] = []
    private(set) var lineForms: Set<LineForm> = []

    /// Checks everything that the format says of a segment.
    init(path: String) throws {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        self.bytes = bytes
        let magic = Array("ALMPACK\n".utf8) + [1, 0, 0, 0]
        try require(Array(bytes[..<64]) == magic + [UInt8](repeating: 0, count: 52), "head")
        let trailer = bytes.count - 4096
        try require(Array(bytes[trailer..<trailer + 12]) == magic, "trailer")
        try require(number(bytes.count - 8, 8) == hash(trailer..<bytes.count - 8), "trailer's checksum")
        try requireZeros(trailer + 160..<bytes.count - 8)
        func field(_ offset: Int) -> Int {
            (0..<8).reduce(0) { $0 | Int(bytes[trailer + offset + $1]) << (8 * $1) }
        }
        let (keyCount, lineCount) = (field(24), field(32))
        try require(lineCount == max((keyCount + 12) / 13, 1), "number of lines")

        try require(field(40) == 64, "where records begin")
        let recordsEnd = 64 + field(48)
        let lines = (recordsEnd + 4095) / 4096 * 4096
        try requireZeros(recordsEnd..<lines)
        try require(field(56) == lines && field(64) == lineCount * 64, "lines")
        let overflow = lines + lineCount * 64
        try require(field(72) == overflow && field(80) % 8 == 0, "overflow")
        let checksums = overflow + field(80)
        let pageCount = (checksums - lines + 4095) / 4096
        try require(field(88) == checksums && field(96) == pageCount * 8, "page checksums")
        for page in 0..<pageCount {
            let start = lines + page * 4096
            try require(
                number(checksums + page * 8, 8) == hash(start..<min(start + 4096, checksums)),
                "checksum of page \(page)")
        }
        let dictionary = checksums + pageCount * 8
        let end = dictionary + field(112)
        try require(field(104) == dictionary && (end + 4095) / 4096 * 4096 == trailer, "dictionary")
        try requireZeros(end..<trailer)
        try require(number(trailer + 144, 8) == hash(checksums..<dictionary), "checksum of the page checksums")
        try require(
            number(trailer + 152, 8) == (dictionary == end ? 0 : hash(dictionary..<end)), "checksum of the dictionary")

        var starts = try readRecords(end: recordsEnd)
        try require(records.count == keyCount, "number of keys")
        try require(field(120) == zip(starts, starts.dropFirst()).map { $1 - $0 }.max() ?? 0, "longest record")
        try require(field(128) == records.reduce(0) { $0 + $1.key.count }, "bytes of keys")
        let slots = Int(number(trailer + 16, 4))..<Int(number(trailer + 16, 4) + number(trailer + 20, 4))
        try require(records.allSatisfy { slots.contains(PackedKey.slot($0.key.span)) }, "slots")
        starts = starts.map { $0 - 64 }
        try readLines(lines, lineCount, overflow, overflowCount: field(80), starts)
    }

    /// Where each record begins, and behind the last where it ends.
    private mutating func readRecords(end: Int) throws -> [Int] {
        var starts: [Int] = []
        var at = 64
        while at < end {
            starts.append(at)
            var index = at + 4
            let (keyCount, valueCount) = (length(&index), length(&index))
            let keyEnd = index + keyCount
            let record = Record(
                key: Array(bytes[index..<keyEnd]), stored: Array(bytes[keyEnd..<keyEnd + valueCount]))
            if let last = records.last {
                let (before, after) = (PackedKey.hash(last.key.span), PackedKey.hash(record.key.span))
                try require(
                    before < after || before == after && last.key.lexicographicallyPrecedes(record.key),
                    "order of records")
            }
            let start = at
            at = keyEnd + valueCount
            try require(number(start, 4) == hash(start + 4..<at) & 0xFFFF_FFFF, "checksum of a record")
            records.append(record)
        }
        try require(at == end, "end of records")
        return starts + [at]
    }

    private mutating func readLines(
        _ lines: Int, _ lineCount: Int, _ overflow: Int, overflowCount: Int, _ starts: [Int]
    ) throws {
        var record = 0
        var overflowEnd = 0
        for line in 0..<lineCount {
            let at = lines + line * 64
            let header = number(at, 8)
            let (count, form, base) = (Int(header & 15), header >> 4 & 15, Int(header >> 8))
            try require(base == starts[record], "base of line \(line)")
            var entries: [(tag: UInt64, offset: Int)] = []
            let inline = form == 1 ? 0 : count == 15 ? 13 : count
            for entry in 0..<inline {
                entries.append((number(at + 8 + 2 * entry, 2), Int(number(at + 36 + 2 * entry, 2))))
            }
            switch (form, count) {
            case (0, 15):
                lineForms.insert(.overflowing)
                let block = Int(number(at + 34, 2) | number(at + 62, 2) << 16) * 8
                try require(block == overflowEnd, "blocks without gaps")
                let more = Int(number(overflow + block, 4))
                try require(more >= 2, "entries behind a narrow line")
                for entry in 0..<more {
                    entries.append(
                        (
                            number(overflow + block + 4 + 2 * entry, 2),
                            Int(number(overflow + block + 4 + 2 * (more + entry), 2))
                        ))
                }
                overflowEnd = try blockEnd(overflow, block + 4 + 4 * more)
            case (0, _):
                lineForms.insert(count == 0 ? .empty : .narrow)
                try requireZeros(at + 8 + 2 * count..<at + 36)
                try requireZeros(at + 36 + 2 * count..<at + 64)
            case (1, 15):
                lineForms.insert(.wide)
                try requireZeros(at + 16..<at + 64)
                let block = Int(number(at + 8, 8)) * 8
                try require(block == overflowEnd, "blocks without gaps")
                let more = Int(number(overflow + block, 4))
                try requireZeros(overflow + block + 4..<overflow + block + 8)
                let offsets = try blockEnd(overflow, block + 8 + 2 * more)
                for entry in 0..<more {
                    entries.append(
                        (
                            number(overflow + block + 8 + 2 * entry, 2),
                            Int(number(overflow + offsets + 8 * entry, 8))
                        ))
                }
                overflowEnd = offsets + 8 * more
                try require((entries.last?.offset ?? 0) > 65_535, "a wide line without need")
            default: throw Problem(description: "form \(form), count \(count)")
            }
            for entry in entries {
                let key = records[record].key
                let hash = PackedKey.hash(key.span)
                try require(Int(hash.multipliedFullWidth(by: UInt64(lineCount)).high) == line, "line of a key")
                try require(entry.tag == hash & 0xFFFF && base + entry.offset == starts[record], "entry")
                record += 1
            }
        }
        try require(record == records.count && overflowEnd == overflowCount, "ends of lines and overflow")
    }

    /// The end of a block, or of its tags: the next multiple of 8 behind `end`, with zeros before it.
    private func blockEnd(_ overflow: Int, _ end: Int) throws -> Int {
        let rounded = (end + 7) / 8 * 8
        try requireZeros(overflow + end..<overflow + rounded)
        return rounded
    }

    private func length(_ index: inout Int) -> Int {
        var (value, shift) = (0, 0)
        while true {
            let byte = bytes[index]
            index += 1
            value |= Int(byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 { return value }
        }
    }

    private func number(_ at: Int, _ count: Int) -> UInt64 {
        (0..<count).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
    }

    private func hash(_ range: Range<Int>) -> UInt64 { PackedKey.hash(bytes.span.extracting(range)) }

    private func requireZeros(_ range: Range<Int>) throws {
        try require(bytes[range].allSatisfy { $0 == 0 }, "zeros at \(range)")
    }

    private func require(_ condition: Bool, _ what: String) throws {
        if !condition { throw Problem(description: what) }
    }
}
