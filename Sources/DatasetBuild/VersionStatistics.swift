internal import Bytes
internal import Datasets

/// What the manifest says of the rows; the same for any order in which they pass, and any way to divide them.
struct VersionStatistics: Sendable {
    private(set) var keyCount = 0
    private var minKey: [UInt8] = []
    private var maxKey: [UInt8] = []
    private var valueSizes = ValueSizeHistogram()
    private var canaries = CanarySampler()

    /// Takes a row, whose key has not come before and has this ``PackedKey/hash(_:)``.
    @inline(__always) mutating func add(key: Span<UInt8>, hash: UInt64, value: Span<UInt8>) {
        include(key, isFirst: keyCount == 0)
        keyCount += 1
        valueSizes.add(value.count)
        canaries.add(key: key, hash: hash, value: value)
    }

    /// Takes what is known of other rows, none of which has a key of these.
    mutating func merge(_ other: VersionStatistics) {
        guard other.keyCount > 0 else { return }
        include(other.minKey.span, isFirst: keyCount == 0)
        include(other.maxKey.span, isFirst: false)
        keyCount += other.keyCount
        valueSizes.merge(other.valueSizes)
        canaries.merge(other.canaries)
    }

    @inline(__always) private mutating func include(_ key: Span<UInt8>, isFirst: Bool) {
        if isFirst || key.compare(minKey.span) < 0 { Self.replace(&minKey, key) }
        if isFirst || key.compare(maxKey.span) > 0 { Self.replace(&maxKey, key) }
    }

    /// Keeps the memory: where keys come in their order, each is the last so far.
    private static func replace(_ kept: inout [UInt8], _ key: Span<UInt8>) {
        kept.removeAll(keepingCapacity: true)
        unsafe key.withUnsafeBufferPointer { unsafe kept.append(contentsOf: $0) }
    }

    func manifest(
        _ options: BuildOptions, format: String, created: ManifestTime, duplicatesDropped: Int,
        files: [Manifest.File]
    ) -> Manifest {
        Manifest(
            versionID: options.versionID, parent: options.parent, format: format, created: created,
            builder: Manifest.Builder(name: options.builderName, version: options.builderVersion),
            keyCount: keyCount, minKey: keyCount == 0 ? nil : ManifestKey(minKey),
            maxKey: keyCount == 0 ? nil : ManifestKey(maxKey), valueBytes: valueSizes.sizes,
            duplicatesDropped: duplicatesDropped, files: files, canaries: canaries.finish())
    }
}
