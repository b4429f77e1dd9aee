import Foundation
import PackedStorage
import Storage
import TestSupport

/// A directory of a test's own, which goes when the test ends.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "packed-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Makes a directory within.
    func make(_ name: String) throws -> String {
        try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: false)
        return "\(path)/\(name)"
    }
}

/// Writes `entries` as segments into the directory `path`.
func writePacked(
    _ entries: [[UInt8]: [UInt8]], to path: String, segmentCount: Int,
    compression: SegmentLayout.Compression = .none, indexMemoryBytes: Int = SegmentWriter.indexMemoryBytes
) throws {
    let slotCount = PackedKey.slotCount / segmentCount
    let rows = entries.map { (hash: PackedKey.hash($0.span), slot: PackedKey.slot($0.span), key: $0, value: $1) }
        .sorted { $0.hash == $1.hash ? $0.key.lexicographicallyPrecedes($1.key) : $0.hash < $1.hash }
    for segment in 0..<segmentCount {
        var writer = try SegmentWriter(
            directory: path, slots: segment * slotCount..<(segment + 1) * slotCount, compression: compression,
            indexMemoryBytes: indexMemoryBytes)
        for row in rows where row.slot / slotCount == segment {
            try writer.append(hash: row.hash, key: row.key.span, value: row.value.span)
        }
        _ = try writer.finish()
    }
}
