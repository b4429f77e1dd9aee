internal import Bytes
public import Datasets

/// Makes a version of a dataset out of rows, in any order and of any number.
public struct DatasetBuilder {
    private let options: BuildOptions
    private let monitor: BuildMonitor
    /// What signs the manifest, if anything.
    private let signingKey: SigningKey?
    private let openDataset: DatasetOpener?

    /// - Parameters:
    ///   - options: What to build, from what.
    ///   - monitor: Hears how far the build is.
    ///   - signingKey: What signs the manifest, if anything.
    ///   - openDataset: Opens inputs that are datasets; without it, directories are no inputs.
    public init(
        _ options: BuildOptions, monitor: BuildMonitor, signingKey: SigningKey? = nil,
        openDataset: DatasetOpener? = nil
    ) {
        self.options = options
        self.monitor = monitor
        self.signingKey = signingKey
        self.openDataset = openDataset
    }

    /// Reads, sorts, writes, seals; waits for disks and inputs, for as long as it takes.
    ///
    /// `makeSink` makes the writer of the storage format, in an empty directory. After an error nothing is
    /// left at or beside the output's path.
    public func build<Sink: DatasetSink>(
        _ makeSink: (_ directory: String) throws(BuildError) -> Sink
    ) throws(BuildError) -> BuildSummary {
        try options.validate()
        let inputs = try BuildInputs(options, monitor, openDataset)
        let output = try OutputDirectory.make(options.output, workDirectory: options.workDirectory)
        let duplicates = DuplicateCounter(
            options.duplicates, inputNames: inputs.names, keyedInputs: inputs.keyedInputs)
        let sorter = RowSorter(
            directory: output.runsPath, memoryBytes: options.memoryBytes, duplicates: duplicates, monitor: monitor)
        var rows = InputRows(sorter: sorter, badRowsMax: options.badRowsMax, monitor: monitor)

        let (bytesRead, notes) = try inputs.read(to: &rows, monitor)
        guard rows.rowCount > 0 || options.allowsEmpty else {
            throw BuildError(
                .badData, "no rows in \(options.inputs.count) input(s); --allow-empty builds an empty dataset")
        }

        var statistics = VersionStatistics()
        let format = try write(&rows, to: try makeSink(output.dataPath), &statistics)
        let files = try seal(output)
        let created = ManifestTime.now
        let keyCount = statistics.keyCount
        try output.finish(
            statistics.manifest(
                options, format: format, created: created, duplicatesDropped: duplicates.count, files: files),
            signingKey: signingKey)
        try output.commit()
        monitor.clearLine()
        return BuildSummary(
            output: options.output, versionID: options.versionID, rowsRead: rows.rowCount - duplicates.repeatCount,
            keyCount: keyCount,
            duplicatesDropped: duplicates.count, badRowsSkipped: rows.badRowCount, inputBytes: bytesRead,
            outputBytes: files.reduce(0) { $0 + $1.bytes }, elapsed: monitor.elapsed, notes: notes)
    }

    /// Writes the sorted rows; returns the storage format's name.
    private func write<Sink: DatasetSink>(
        _ rows: inout InputRows, to sink: Sink, _ statistics: inout VersionStatistics
    ) throws(BuildError) -> String {
        try monitor.begin(.writing, total: rows.rowCount)
        try rows.sorter.drain { (key, value) throws(BuildError) in
            statistics.add(key: key, value: value)
            try sink.append(key: key, value: value)
            try monitor.checkpoint()
        }
        try sink.finish()
        return sink.format
    }

    private func seal(_ output: borrowing OutputDirectory) throws(BuildError) -> [Manifest.File] {
        try monitor.begin(.hashing, total: try output.byteCount)
        return try output.sealFiles { (count) throws(BuildError) in
            try monitor.update { $0.done += count }
        }
    }
}
