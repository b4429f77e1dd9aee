internal import Bytes
public import Storage

/// A walk over all rows of a packed version that checks every byte of its files, segment after segment.
final class PackedVerification: VerificationWalk {
    // Keeps the files open.
    private let engine: PackedEngine
    private var waiting: ArraySlice<PackedSegment>
    private var current: SegmentVerification?
    private(set) var problems: [String] = []

    init(_ engine: PackedEngine) {
        self.engine = engine
        waiting = engine.segments[...]
    }

    func readRows(into page: inout RowPage, limit: Int) throws(EngineError) {
        page.removeAll()
        while page.isEmpty {
            if current == nil {
                // Whoever has seen so many need see no more.
                guard problems.count < SegmentVerification.problemsMax, let segment = waiting.popFirst() else { return }
                current = try SegmentVerification(segment)
            }
            guard let verification = current else { return }
            if try !verification.readRows(into: &page, limit: limit) {
                problems += verification.problems
                current = nil
            }
        }
    }
}

extension PackedEngine: VerifiableEngine {
    public func makeVerificationWalk() throws(EngineError) -> any VerificationWalk { PackedVerification(self) }
}

/// Checks one segment, of which head, trailer and layout were checked when it was opened.
///
/// Records are held against the lines that lead to them: an entry for every record, with its tag and its place, and
/// none besides, so that a look-up of every key finds it.
private final class SegmentVerification {
    private let segment: PackedSegment
    private(set) var problems: [String] = []
    private var reader = RecordReader(windowByteCount: 1 << 20, readsKeysOnly: false)
    private var decoder = ValueDecoder()
    private var lines: LineVerification
    private var index = 0
    private var lastKey = ByteBuffer()
    private var lastHash: UInt64?
    private var keyCount = 0
    private var keyBytes = 0
    private var valueBytes = 0
    private var longestRecord = 0

    /// More are not told of.
    static let problemsMax = 20
    private static let pageByteCount = 256 << 10

    init(_ segment: PackedSegment) throws(EngineError) {
        self.segment = segment
        lines = LineVerification(segment)
        try decoder.prepare(for: segment)
        problems = try PartVerification.problems(of: segment)
        try reader.begin(
            segment, 0..<segment.layout.records.count, of: 0..<segment.layout.lineCount, leavesCache: true)
    }

    /// Appends rows to `page`.
    ///
    /// - Returns: False at the end, where ``problems`` are complete.
    func readRows(into page: inout RowPage, limit: Int) throws(EngineError) -> Bool {
        // An index that is damaged cannot lead to anything.
        guard problems.isEmpty else { return false }
        do throws(EngineError) {
            var byteCount = 0
            while byteCount < Self.pageByteCount, page.count < limit {
                if index == reader.count {
                    index = 0
                    guard try reader.readNext() > 0 else {
                        try finish()
                        return false
                    }
                }
                byteCount += try copyRow(to: &page)
                index += 1
            }
            return true
        } catch {
            guard error.kind == .damaged else { throw error }
            problems.append(error.message)
            return false
        }
    }

    private func copyRow(to page: inout RowPage) throws(EngineError) -> Int {
        let hash = reader.hash(at: index)
        let place = reader.place(at: index)
        if let wrong = reader.fault(at: index, behind: lastKey, ofSameHash: lastHash == hash) {
            throw segment.damage(at: place, wrong)
        }
        try lines.add(hash: hash, place: place)
        let row = try reader.copyRow(at: index, to: &page, &decoder, lastKey: &lastKey)
        lastHash = hash
        keyCount += 1
        keyBytes += row.keyByteCount
        valueBytes += row.valueByteCount
        longestRecord = max(longestRecord, row.recordByteCount)
        return row.keyByteCount + row.valueByteCount
    }

    private func finish() throws(EngineError) {
        try lines.finish()
        let layout = segment.layout
        let facts = [
            ("keys", keyCount, layout.keyCount), ("bytes of keys", keyBytes, layout.keyBytes),
            ("bytes of values", valueBytes, layout.valueBytes),
            ("bytes of the longest record", longestRecord, layout.recordByteCountMax),
        ]
        for (name, found, said) in facts where found != said {
            problems.append("\(segment.path): \(found) \(name), the trailer says \(said)")
        }
    }
}

extension RecordReader {
    fileprivate struct RowSize {
        var keyByteCount: Int
        var valueByteCount: Int
        var recordByteCount: Int
    }

    /// What is wrong with the key of the record at `index`, which is behind `last`.
    fileprivate func fault(at index: Int, behind last: borrowing ByteBuffer, ofSameHash isSameHash: Bool) -> String? {
        let key = self[keyAt: index]
        if isSameHash, key.compare(last.span) <= 0 { return "it is out of order" }
        guard let segment else { return nil }
        let slot = PackedKey.slot(key)
        return segment.layout.slots.contains(slot) ? nil : "its key is of slot \(slot), which is another segment's"
    }

    fileprivate func copyRow(
        at index: Int, to page: inout RowPage, _ decoder: inout ValueDecoder, lastKey: inout ByteBuffer
    ) throws(EngineError) -> RowSize {
        let key = self[keyAt: index]
        lastKey.removeAll()
        lastKey.append(key)
        let byteCount = try copyRow(at: index, to: &page, &decoder)
        return RowSize(
            keyByteCount: key.count, valueByteCount: byteCount - key.count,
            recordByteCount: byteCountOfRecord(at: index))
    }
}
