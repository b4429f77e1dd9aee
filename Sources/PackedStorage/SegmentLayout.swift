internal import Bytes
internal import Storage

/// Where everything is in one segment file, and what its trailer says besides; see `Format.md`.
public struct SegmentLayout: Sendable, Equatable {
    /// A range of bytes of the file.
    public struct Region: Sendable, Equatable {
        public var offset: Int
        public var count: Int

        public var end: Int { offset + count }

        public init(offset: Int, count: Int) {
            self.offset = offset
            self.count = count
        }
    }

    /// How values are stored.
    public enum Compression: UInt32, Sendable {
        case none = 0
        /// Zstandard, with the segment's dictionary where it has one.
        case zstd = 1
    }

    public var compression = Compression.none
    /// The hash slots whose keys are here.
    public var slots: Range<Int>
    public var keyCount = 0
    public var lineCount = 1
    public var records = Region(offset: headByteCount, count: 0)
    public var lines = Region(offset: 0, count: 0)
    public var overflow = Region(offset: 0, count: 0)
    public var pageChecksums = Region(offset: 0, count: 0)
    public var dictionary = Region(offset: 0, count: 0)
    /// Of the longest record.
    public var recordByteCountMax = 0
    public var keyBytes = 0
    /// Of all values, before compression.
    public var valueBytes = 0
    public var pageChecksumsHash: UInt64 = 0
    /// 0 where there is no dictionary.
    public var dictionaryHash: UInt64 = 0

    public static let magic: [UInt8] = Array("ALMPACK\n".utf8)
    public static let revision: UInt32 = 1
    public static let headByteCount = 64
    public static let trailerByteCount = 4_096
    public static let pageByteCount = 4_096
    public static let lineByteCount = 64
    /// Keys for one line, from which the number of lines follows.
    public static let keysPerLine = 13
    public static let segmentCountMax = PackedKey.slotCount
    /// The longest key there is, in bytes: Redis's limit.
    static let keyByteCountMax = 512 << 20
    /// The longest value there is, in bytes and before compression: Redis's limit.
    static let valueByteCountMax = 512 << 20

    public init(slots: Range<Int>) { self.slots = slots }

    /// Lines and overflow, which the page checksums cover.
    public var index: Region { Region(offset: lines.offset, count: lines.count + overflow.count) }

    /// The size of the whole file.
    public var fileByteCount: Int {
        Self.roundedUp(max(pageChecksums.end, dictionary.end), to: Self.pageByteCount) + Self.trailerByteCount
    }

    /// The name of the file of a segment whose slots begin at `slot`.
    public static func fileName(firstSlot slot: Int) -> String {
        let digits = String(slot)
        return "segment-" + String(repeating: "0", count: max(5 - digits.count, 0)) + digits + ".packed"
    }

    /// Whether a file of this name is a segment's.
    static func isFileName(_ name: String) -> Bool { name.hasPrefix("segment-") && name.hasSuffix(".packed") }

    /// The least number of lines for `keyCount` keys.
    public static func lineCount(forKeys keyCount: Int) -> Int { max((keyCount + keysPerLine - 1) / keysPerLine, 1) }

    static func roundedUp(_ count: Int, to unit: Int) -> Int { (count + unit - 1) / unit * unit }

    // MARK: Bytes

    /// What a segment file begins with.
    static var head: ByteBuffer {
        var bytes = ByteBuffer()
        bytes.append(magic.span)
        bytes.append(number: revision)
        bytes.append(zeros: headByteCount - bytes.count)
        return bytes
    }

    /// The last 4,096 bytes of a segment file.
    var trailer: ByteBuffer {
        var bytes = ByteBuffer()
        bytes.append(Self.magic.span)
        bytes.append(number: Self.revision)
        bytes.append(number: compression.rawValue)
        bytes.append(number: UInt32(slots.lowerBound))
        bytes.append(number: UInt32(slots.count))
        bytes.append(number: UInt64(keyCount))
        bytes.append(number: UInt64(lineCount))
        for region in [records, lines, overflow, pageChecksums, dictionary] {
            bytes.append(number: UInt64(region.offset))
            bytes.append(number: UInt64(region.count))
        }
        for number in [recordByteCountMax, keyBytes, valueBytes] { bytes.append(number: UInt64(number)) }
        bytes.append(number: pageChecksumsHash)
        bytes.append(number: dictionaryHash)
        bytes.append(zeros: Self.trailerByteCount - 8 - bytes.count)
        bytes.append(number: PackedKey.hash(bytes.span))
        return bytes
    }

    /// Reads the head and the trailer of a file of `fileByteCount` bytes, and checks all that needs nothing else.
    ///
    /// - Throws: ``EngineError``: `damaged`, or `unsupported` for a later revision.
    init(head: Span<UInt8>, trailer: Span<UInt8>, fileByteCount: Int, path: String) throws(EngineError) {
        func failure(_ kind: EngineError.Kind, _ message: String) -> EngineError {
            EngineError(operation: "open", kind: kind, message: "\(path): \(message)")
        }
        guard head.count == Self.headByteCount, trailer.count == Self.trailerByteCount else {
            throw failure(.damaged, "too short for a segment")
        }
        let magic = Self.magic.span
        guard head.extracting(0..<8).isEqual(to: magic), trailer.extracting(0..<8).isEqual(to: magic) else {
            throw failure(.damaged, "not a segment, or not all of one")
        }
        let revision = UInt32(truncatingIfNeeded: trailer.packed(at: 8, count: 4))
        guard revision == Self.revision, head.packed(at: 8, count: 4) == UInt64(revision) else {
            throw failure(.unsupported, "revision \(revision) of the packed format; this build reads \(Self.revision)")
        }
        let checksum = trailer.packed(at: Self.trailerByteCount - 8, count: 8)
        guard checksum == PackedKey.hash(trailer.extracting(0..<Self.trailerByteCount - 8)) else {
            throw failure(.damaged, "the trailer's checksum is wrong")
        }
        guard let compression = Compression(rawValue: UInt32(truncatingIfNeeded: trailer.packed(at: 12, count: 4)))
        else { throw failure(.unsupported, "values are stored in a way that this build cannot read") }
        self.compression = compression
        let firstSlot = Int(trailer.packed(at: 16, count: 4))
        let slotCount = Int(trailer.packed(at: 20, count: 4))
        slots = firstSlot..<firstSlot + slotCount
        guard slotCount > 0, slots.upperBound <= PackedKey.slotCount, slotCount.nonzeroBitCount == 1,
            firstSlot.isMultiple(of: slotCount)
        else { throw failure(.damaged, "slots \(firstSlot) and \(slotCount) more are no segment's") }
        // Nothing in a file is larger than the file: sums of these cannot overflow.
        func number(at offset: Int) throws(EngineError) -> Int {
            let value = trailer.packed(at: offset, count: 8)
            guard value <= 1 << 56 else { throw failure(.damaged, "a size that cannot be") }
            return Int(value)
        }
        func region(at offset: Int) throws(EngineError) -> Region {
            Region(offset: try number(at: offset), count: try number(at: offset + 8))
        }
        keyCount = try number(at: 24)
        lineCount = try number(at: 32)
        records = try region(at: 40)
        lines = try region(at: 56)
        overflow = try region(at: 72)
        pageChecksums = try region(at: 88)
        dictionary = try region(at: 104)
        recordByteCountMax = try number(at: 120)
        keyBytes = try number(at: 128)
        valueBytes = try number(at: 136)
        pageChecksumsHash = trailer.packed(at: 144, count: 8)
        dictionaryHash = trailer.packed(at: 152, count: 8)
        guard isConsistent(fileByteCount: fileByteCount) else {
            throw failure(.damaged, "its parts do not make \(fileByteCount) bytes")
        }
    }

    private func isConsistent(fileByteCount: Int) -> Bool {
        let pageCount = (index.count + Self.pageByteCount - 1) / Self.pageByteCount
        return records.offset == Self.headByteCount
            && lines.offset == Self.roundedUp(records.end, to: Self.pageByteCount)
            && lineCount == Self.lineCount(forKeys: keyCount)
            && lines.count == lineCount * Self.lineByteCount
            && overflow.offset == lines.end
            && overflow.count.isMultiple(of: 8)
            && pageChecksums.offset == overflow.end
            && pageChecksums.count == pageCount * 8
            && dictionary.offset == pageChecksums.end
            && recordByteCountMax <= records.count
            && keyBytes <= records.count
            && (compression != .none || valueBytes <= records.count - keyBytes)
            && fileByteCount == self.fileByteCount
    }
}
