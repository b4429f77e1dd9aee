internal import Bytes
internal import Platform
internal import Storage

/// Remembers the hash and the place of every record, in bounded memory, until the index is written.
///
/// Beyond the bound it forgets them all, and reads them again from the records when they are wanted.
struct RecordDirectory: ~Copyable {
    private(set) var count = 0
    private var hashes: [UInt64] = []
    private var offsets: [UInt64] = []
    private var isComplete = true
    private var lastHash: UInt64 = 0
    private let countMax: Int

    private static let bytesPerRecord = 16
    private static let pieceByteCount = 1 << 20

    init(memoryBytes: Int) { countMax = memoryBytes / Self.bytesPerRecord }

    /// Takes the next record, which begins `offset` bytes from the first.
    @inline(__always) mutating func append(hash: UInt64, offset: Int) {
        precondition(lastHash <= hash, "rows come in the order of their hash")
        lastHash = hash
        count += 1
        guard isComplete else { return }
        guard count <= countMax else { return forget() }
        hashes.append(hash)
        offsets.append(UInt64(offset))
    }

    private mutating func forget() {
        isComplete = false
        hashes = []
        offsets = []
    }

    /// Calls `body` with the hash and the place of every record, in their order.
    ///
    /// - Parameters:
    ///   - file: Where the records are by now.
    ///   - path: Of the file, for errors.
    ///   - region: All records.
    ///   - body: What it throws ends the walk.
    /// - Throws: ``EngineError`` of kind `io` where the records cannot be read again, or what `body` throws.
    func forEach(
        in file: BulkFile, path: String, _ region: SegmentLayout.Region,
        _ body: (_ hash: UInt64, _ offset: UInt64) throws(EngineError) -> Void
    ) throws(EngineError) {
        if isComplete {
            for index in hashes.indices { try body(hashes[index], offsets[index]) }
            return
        }
        func unreadable(_ reason: String) -> EngineError {
            EngineError(operation: "write", kind: .io, message: "\(path): cannot read back the records: \(reason)")
        }
        var buffer = ByteBuffer(capacity: Self.pieceByteCount)
        var start = region.offset
        while start < region.end {
            var head = RecordHead(buffer.span)
            while (head?.keyEnd ?? .max) > buffer.count {
                let wanted = max(Self.pieceByteCount, (head?.keyEnd ?? 0) - buffer.count)
                let filled: Int
                do throws(SystemError) {
                    filled = try file.read(
                        min(wanted, region.end - start - buffer.count), at: start + buffer.count, to: &buffer)
                } catch {
                    throw unreadable(error.reason)
                }
                guard filled > 0 else { throw unreadable("they end too early") }
                head = RecordHead(buffer.span)
            }
            guard let head else { throw unreadable("their lengths are not what was written") }
            let hash = PackedKey.hash(buffer.span.extracting(head.keyStart..<head.keyEnd))
            try body(hash, UInt64(start - region.offset))
            start += head.recordEnd
            buffer.removeFirst(min(head.recordEnd, buffer.count))
        }
    }
}

/// Where the parts of a record are, counted from its first byte.
private struct RecordHead {
    let keyStart: Int
    let keyEnd: Int
    let recordEnd: Int

    /// `nil` where `bytes` do not hold both lengths.
    init?(_ bytes: Span<UInt8>) {
        var index = 4
        guard let keyCount = bytes.leb128(at: &index), let valueCount = bytes.leb128(at: &index) else { return nil }
        keyStart = index
        keyEnd = index + keyCount
        recordEnd = keyEnd + valueCount
    }
}
