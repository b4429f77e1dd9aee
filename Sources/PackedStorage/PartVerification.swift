internal import Bytes
internal import Storage

/// Checks what can be checked of a segment without its records.
enum PartVerification {
    /// What is wrong with the pages of the index, the dictionary and all that should be zeros.
    ///
    /// - Throws: ``EngineError`` where the file cannot be read.
    static func problems(of segment: PackedSegment) throws(EngineError) -> [String] {
        let layout = segment.layout
        var problems: [String] = []
        if let problem = try checksumProblem(segment) { problems.append(problem) }
        let trailer = layout.fileByteCount - SegmentLayout.trailerByteCount
        let zeros = [
            12..<SegmentLayout.headByteCount, layout.records.end..<layout.lines.offset,
            max(layout.dictionary.end, layout.pageChecksums.end)..<trailer,
            trailer + 160..<trailer + SegmentLayout.trailerByteCount - 8,
        ]
        var buffer = ByteBuffer()
        for range in zeros {
            buffer.removeAll()
            try segment.read(range.count, at: range.lowerBound, to: &buffer)
            for offset in range where buffer.span[offset - range.lowerBound] != 0 {
                problems.append(segment.damage("byte \(offset) should be zero").message)
                break
            }
        }
        return problems
    }

    /// The first page whose checksum is wrong, or a wrong checksum of all of those.
    private static func checksumProblem(_ segment: PackedSegment) throws(EngineError) -> String? {
        let layout = segment.layout
        var checksums = ByteBuffer()
        try segment.read(layout.pageChecksums.count, at: layout.pageChecksums.offset, to: &checksums)
        guard PackedKey.hash(checksums.span) == layout.pageChecksumsHash else {
            return segment.damage("the page checksums: their checksum is wrong").message
        }
        var piece = ByteBuffer()
        for start in stride(from: 0, to: layout.index.count, by: pieceByteCount) {
            let byteCount = min(pieceByteCount, layout.index.count - start)
            piece.removeAll()
            try segment.read(byteCount, at: layout.index.offset + start, to: &piece)
            for offset in stride(from: 0, to: byteCount, by: SegmentLayout.pageByteCount) {
                let page = piece.span.extracting(offset..<min(offset + SegmentLayout.pageByteCount, byteCount))
                let number = (start + offset) / SegmentLayout.pageByteCount
                if PackedKey.hash(page) != checksums.span.packed(at: number * 8, count: 8) {
                    return segment.damage("page \(number) of the index: its checksum is wrong").message
                }
            }
        }
        return nil
    }

    private static let pieceByteCount = 1 << 20
}
