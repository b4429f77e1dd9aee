internal import Bytes
internal import Datasets

/// What the manifest says of the rows, gathered while they pass in ascending order of keys.
struct VersionStatistics: ~Copyable {
    private(set) var keyCount = 0
    private var minKey: ManifestKey?
    private var lastKey = ByteBuffer()
    private var valueSizes = ValueSizeHistogram()
    private var canaries = CanarySampler()

    @inline(__always) mutating func add(key: Span<UInt8>, value: Span<UInt8>) {
        keyCount += 1
        if minKey == nil { minKey = ManifestKey(key.copied()) }
        lastKey.removeAll()
        lastKey.append(key)
        valueSizes.add(value.count)
        canaries.add(key: key, value: value)
    }

    consuming func manifest(
        _ options: BuildOptions, format: String, created: ManifestTime, duplicatesDropped: Int,
        files: [Manifest.File]
    ) -> Manifest {
        let maxKey = minKey == nil ? nil : ManifestKey(lastKey.span.copied())
        return Manifest(
            versionID: options.versionID, parent: options.parent, format: format, created: created,
            builder: Manifest.Builder(name: options.builderName, version: options.builderVersion),
            keyCount: keyCount, minKey: minKey, maxKey: maxKey, valueBytes: valueSizes.sizes,
            duplicatesDropped: duplicatesDropped, files: files, canaries: canaries.finish())
    }
}
