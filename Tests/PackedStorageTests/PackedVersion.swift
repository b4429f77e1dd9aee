import Foundation
import PackedStorage
import Storage
import TestSupport

/// A packed version in a directory of its own, gone when the test lets go of it.
final class PackedVersion {
    let path: String

    /// Writes `entries` to `segmentCount` segments.
    init(_ entries: [[UInt8]: [UInt8]], segmentCount: Int) throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "almanac-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path(percentEncoded: false)
        let slotsEach = PackedKey.slotCount / segmentCount
        let bySegment = Dictionary(grouping: entries.keys) { PackedKey.slot($0.span) / slotsEach }
        for segment in 0..<segmentCount {
            let slots = segment * slotsEach..<(segment + 1) * slotsEach
            var writer = try SegmentWriter(directory: path, slots: slots)
            let rows = (bySegment[segment] ?? []).map { (hash: PackedKey.hash($0.span), key: $0) }
            for row in rows.sorted(by: {
                $0.hash != $1.hash ? $0.hash < $1.hash : $0.key.lexicographicallyPrecedes($1.key)
            }) {
                let value = entries[row.key] ?? []
                try writer.append(hash: row.hash, key: row.key.span, value: value.span)
            }
            _ = try writer.finish()
        }
    }

    deinit {
        // What cannot be removed is left to the system's own cleaning.
        try? FileManager.default.removeItem(atPath: path)
    }

    func open() throws -> PackedEngine { try PackedEngine(path: path) }

    /// The file of the segment that begins with `slot`.
    func file(firstSlot slot: Int = 0) -> String { "\(path)/\(SegmentLayout.fileName(firstSlot: slot))" }
}
