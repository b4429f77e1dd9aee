internal import Bytes
internal import Platform
internal import Storage

/// One opened segment file.
final class PackedSegment: Sendable {
    let path: String
    let file: BulkFile
    let layout: SegmentLayout

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
    }
}
