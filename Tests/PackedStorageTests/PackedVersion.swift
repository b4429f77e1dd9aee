import PackedStorage

/// A packed version in a directory of its own, gone when the test lets go of it.
final class PackedVersion {
    private let directory: TemporaryDirectory

    var path: String { directory.path }

    /// Writes `entries` to `segmentCount` segments.
    init(_ entries: [[UInt8]: [UInt8]], segmentCount: Int) throws {
        directory = try TemporaryDirectory()
        try writePacked(entries, to: directory.path, segmentCount: segmentCount)
    }

    func open() throws -> PackedEngine { try PackedEngine(path: path) }

    /// The file of the segment that begins with `slot`.
    func file(firstSlot slot: Int = 0) -> String { "\(path)/\(SegmentLayout.fileName(firstSlot: slot))" }
}
