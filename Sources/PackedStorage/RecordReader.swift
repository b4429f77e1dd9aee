internal import Bytes
internal import CPacked
internal import Platform
internal import Storage

/// Reads a run of one segment's records from its file, in their order, through a window of bounded size.
///
/// Checksums and the order of hashes are verified. Belongs to one thread; waits for the disk.
struct RecordReader: ~Copyable {
    private(set) var segment: PackedSegment?
    /// Bytes of the file up to ``place``; those of the records at hand are its first.
    private var window = ByteBuffer()
    /// Behind the window, in bytes from the first record of the segment.
    private var place = 0
    /// Of the run.
    private var end = 0
    /// The lines that the run is of.
    private var lines = 0..<0
    private var records: [almanac_packed_record]
    /// How many of ``records`` are at hand.
    private(set) var count = 0
    /// How many bytes of the window the records at hand take.
    private var used = 0
    private var lastHash: UInt64 = 0
    private let windowByteCount: Int
    private let readsKeysOnly: Bool
    /// Of a reader that is to leave the page cache as it was.
    private var pages: PassingPages?

    /// No key is longer: the limit of Redis for a string.
    private static let keyByteCountMax: UInt32 = 512 << 20

    /// - Parameters:
    ///   - windowByteCount: How much is read at once, and the length from which a record is a long one; at
    ///     least 64. A long record is read whole, into more memory.
    ///   - readsKeysOnly: Long records are read up to the end of their key, and so without their checksum. What is damaged
    ///     there betrays itself by a hash that has no place between its neighbours and in its line.
    init(windowByteCount: Int, readsKeysOnly: Bool) {
        precondition(windowByteCount >= 64)
        self.windowByteCount = windowByteCount
        self.readsKeysOnly = readsKeysOnly
        // Rarely are records shorter than 64 bytes, and what finds no place here comes with the next.
        let recordsMax = min(max(windowByteCount / 64, 16), 256)
        records = Array(repeating: almanac_packed_record(), count: recordsMax)
    }

    /// Begins with a run.
    ///
    /// - Parameters:
    ///   - segment: To be read.
    ///   - run: In bytes from the first record; begins with a record and ends with one.
    ///   - lines: To which all of its records belong.
    ///   - leavesCache: Whether pages of the file that this brings into memory are dropped again.
    /// - Throws: ``EngineError`` where what the cache holds cannot be asked.
    mutating func begin(
        _ segment: PackedSegment, _ run: Range<Int>, of lines: Range<Int>, leavesCache: Bool = false
    ) throws(EngineError) {
        self.segment = segment
        pages = leavesCache ? try segment.pagesBeforeWalk() : nil
        (place, end, self.lines) = (run.lowerBound, run.upperBound, lines)
        (count, used, lastHash) = (0, 0, 0)
        window.removeAll()
    }

    /// Puts the next records in the place of those at hand.
    ///
    /// - Returns: How many they are; 0 at the end of the run.
    /// - Throws: ``EngineError`` where they cannot be read or are not what they should be.
    mutating func readNext() throws(EngineError) -> Int {
        guard let segment else { return 0 }
        window.removeFirst(used)
        (count, used) = (0, 0)
        while true {
            let stop = parse()
            if count > 0 {
                try checkOrder(segment)
                return count
            }
            switch stop {
            case ALMANAC_PACKED_STOP_LENGTHS: throw segment.damage(at: windowPlace, "a length that cannot be")
            case ALMANAC_PACKED_STOP_CHECKSUM: throw segment.damage(at: windowPlace, "its checksum is wrong")
            default: break
            }
            if place == end {
                if window.isEmpty { return 0 }
                throw segment.damage(at: windowPlace, "it goes on where the next line begins")
            }
            if try readLong(segment) { return count }
        }
    }

    /// Where the window begins, in bytes from the first record.
    private var windowPlace: Int { place - window.count }

    private mutating func parse() -> almanac_packed_stop {
        var stop = ALMANAC_PACKED_STOP_NONE
        count = unsafe window.withUnsafeBytes { bytes in
            unsafe records.withUnsafeMutableBufferPointer { records in
                // Safety: the kernel reads the window's bytes and fills no more records than there are.
                unsafe almanac_packed_read_records(
                    bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, records.baseAddress,
                    records.count, &stop)
            }
        }
        if count > 0 { used = records[count - 1].offset + records[count - 1].count }
        return stop
    }

    /// Reads more of the file, so that the record at the window's beginning comes in.
    ///
    /// - Returns: True where that record's key is at hand, and the rest of it has been passed over.
    private mutating func readLong(_ segment: PackedSegment) throws(EngineError) -> Bool {
        var record = almanac_packed_record()
        let stop = unsafe window.withUnsafeBytes { bytes in
            unsafe almanac_packed_read_head(
                bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, &record)
        }
        guard stop == ALMANAC_PACKED_STOP_NONE, record.count > windowByteCount else {
            try read(min(windowByteCount, end - place), segment)
            return false
        }
        let start = windowPlace
        // Before memory is taken for it, as what is read of it so far is not covered by a checksum that has been checked.
        guard record.count <= segment.layout.recordByteCountMax, record.key_count <= SegmentLayout.keyByteCountMax
        else {
            throw segment.damage(at: start, "it is longer than the longest that the trailer tells of")
        }
        guard record.count <= end - start else {
            throw segment.damage(at: start, "it goes on where the next line begins")
        }
        guard record.count <= segment.layout.recordByteCountMax, record.key_count <= Self.keyByteCountMax else {
            throw segment.damage(at: start, "a length that cannot be")
        }
        let needed = readsKeysOnly ? record.key_offset + Int(record.key_count) : record.count
        try read(max(needed - window.count, 0), segment)
        guard readsKeysOnly else { return false }
        record.hash = PackedKey.hash(
            window.span.extracting(record.key_offset..<record.key_offset + Int(record.key_count)))
        records[0] = record
        count = 1
        try checkOrder(segment)
        used = window.count
        place = start + record.count
        return true
    }

    private mutating func read(_ byteCount: Int, _ segment: PackedSegment) throws(EngineError) {
        try segment.read(byteCount, at: segment.layout.records.offset + place, to: &window)
        place += byteCount
        let passed = segment.layout.records.offset + windowPlace
        pages?.pass(passed, of: segment.file)
    }

    private mutating func checkOrder(_ segment: PackedSegment) throws(EngineError) {
        let lineCount = segment.layout.lineCount
        for index in 0..<count {
            let hash = records[index].hash
            guard hash >= lastHash else { throw segment.damage(at: place(at: index), "it is out of order") }
            lastHash = hash
        }
        guard PackedKey.line(of: records[0].hash, among: lineCount) >= lines.lowerBound,
            PackedKey.line(of: lastHash, among: lineCount) < lines.upperBound
        else { throw segment.damage(at: place(at: 0), "it is not where the index has it") }
    }

    // MARK: Records at hand

    /// The hash of the key of the record at `index`.
    func hash(at index: Int) -> UInt64 { records[index].hash }

    /// Where the record at `index` begins, in bytes from the first record.
    func place(at index: Int) -> Int { windowPlace + records[index].offset }

    /// Of the whole record at `index`.
    func byteCountOfRecord(at index: Int) -> Int { records[index].count }

    subscript(keyAt index: Int) -> Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            let start = records[index].key_offset
            let key = window.span.extracting(start..<start + Int(records[index].key_count))
            return unsafe _overrideLifetime(key, borrowing: self)
        }
    }

    /// The value of the record at `index` as it is stored, which a long record has only where values are read.
    subscript(storedValueAt index: Int) -> Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get {
            let start = records[index].key_offset + Int(records[index].key_count)
            let value = window.span.extracting(start..<start + Int(records[index].value_count))
            return unsafe _overrideLifetime(value, borrowing: self)
        }
    }
}
