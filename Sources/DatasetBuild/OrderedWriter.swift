internal import Bytes
internal import PackedStorage

/// Writes a version in a format that wants its keys in the order of their bytes.
final class OrderedWriter<Sink: DatasetSink>: VersionWriter {
    private let sink: Sink
    private let checkpoints: Checkpoints
    private let duplicates: DuplicateCounter
    private var sorter: RowSorter

    /// `runs` is an empty directory.
    init(_ sink: Sink, runs: String, memoryBytes: Int, duplicates: DuplicateRule, monitor: BuildMonitor) {
        self.sink = sink
        self.duplicates = DuplicateCounter(duplicates)
        checkpoints = monitor.checkpoints
        sorter = RowSorter(
            directory: runs, memoryBytes: memoryBytes, duplicates: self.duplicates, checkpoints: checkpoints)
    }

    var format: String { sink.format }

    func add(key: Span<UInt8>, value: Span<UInt8>, origin: RowOrigin) throws(BuildError) {
        try sorter.add(key: key, value: value, origin: origin)
    }

    func finish() throws(BuildError) -> WrittenRows {
        var statistics = VersionStatistics()
        try sorter.drain { (key, value) throws(BuildError) in
            statistics.add(key: key, hash: PackedKey.hash(key), value: value)
            try sink.append(key: key, value: value)
            try checkpoints.pass()
        }
        try sink.finish()
        return WrittenRows(
            statistics: statistics, duplicatesDropped: duplicates.count, repeatCount: duplicates.repeatCount)
    }

    func cancel() {}
}
