internal import Bytes
internal import CPacked
internal import Platform
internal import Storage

/// One opened segment file.
final class PackedSegment: Sendable {
    let path: String
    let file: BulkFile
    let layout: SegmentLayout
    let mapping: SegmentMapping

    /// Opens the file and checks its head and trailer, which costs the same for every size.
    init(path: String) throws(EngineError) {
        self.path = path
        var buffer = ByteBuffer()
        let byteCount: Int
        let least = SegmentLayout.headByteCount + SegmentLayout.trailerByteCount
        do throws(SystemError) {
            file = try BulkFile(reading: path)
            byteCount = try file.byteCount
            if byteCount >= least {
                _ = try file.read(SegmentLayout.headByteCount, at: 0, to: &buffer)
                let trailerOffset = byteCount - SegmentLayout.trailerByteCount
                _ = try file.read(SegmentLayout.trailerByteCount, at: trailerOffset, to: &buffer)
            }
        } catch {
            throw EngineError(operation: "open", kind: .io, message: "\(path): \(error.reason)")
        }
        guard buffer.count == least else {
            throw EngineError(operation: "open", kind: .damaged, message: "\(path): too short for a segment")
        }
        layout = try SegmentLayout(
            head: buffer.span.extracting(0..<SegmentLayout.headByteCount),
            trailer: buffer.span.extracting(SegmentLayout.headByteCount...),
            fileByteCount: byteCount, path: path)
        do throws(SystemError) {
            mapping = try SegmentMapping(
                path: path, sameAs: file, byteCount: byteCount,
                indexPageCount: (layout.index.count + SegmentLayout.pageByteCount - 1) / SegmentLayout.pageByteCount)
        } catch {
            throw EngineError(operation: "open", kind: .io, message: "\(path): \(error.reason)")
        }
    }

    /// The segment as look-ups in C see it; valid for as long as this lives.
    var parts: almanac_packed_segment {
        // Safety: the layout has been held against the size of the file, all of which is mapped.
        unsafe almanac_packed_segment(
            file: mapping.base, records_count: UInt64(layout.records.count),
            record_count_max: UInt64(layout.recordByteCountMax),
            lines: mapping.base + layout.lines.offset, line_count: UInt64(layout.lineCount),
            index_count: UInt64(layout.index.count), page_checksums: mapping.base + layout.pageChecksums.offset,
            page_marks: mapping.pageMarks, chunk_marks: mapping.chunkMarks, dictionary: nil,
            descriptor: mapping.file.descriptor.rawValue,
            compression: layout.compression.rawValue)
    }
}
