import Foundation
import PackedStorage
import Storage

/// A packed version in a directory of its own, gone when the test lets go of it.
final class PackedVersion {
    let path: String

    /// Writes `entries` to `segmentCount` segments.
    init(
        _ entries: [[UInt8]: [UInt8]], segmentCount: Int = 1, compression: SegmentLayout.Compression = .none,
        indexMemoryBytes: Int = SegmentWriter.indexMemoryBytes
    ) throws {
        path = NSTemporaryDirectory() + "packed-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try write(entries, segmentCount: segmentCount, compression: compression, indexMemoryBytes: indexMemoryBytes)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func open(_ options: PackedOptions = PackedOptions()) throws(EngineError) -> PackedEngine {
        try PackedEngine(path: path, options: options)
    }

    /// The file of the segment that begins with `slot`.
    func file(firstSlot slot: Int = 0) -> String { "\(path)/\(SegmentLayout.fileName(firstSlot: slot))" }

    /// Writes segments beside those there are.
    func write(
        _ entries: [[UInt8]: [UInt8]], segmentCount: Int, compression: SegmentLayout.Compression = .none,
        indexMemoryBytes: Int = SegmentWriter.indexMemoryBytes
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
}
