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
    /// `makeSink` makes the writer of a storage format that is in the order of keys, in an empty directory. After an
    /// error nothing is left at or beside the output's path.
    public func build<Sink: DatasetSink>(
        _ makeSink: (_ directory: String) throws(BuildError) -> Sink
    ) throws(BuildError) -> BuildSummary {
        try build { (output, duplicates) throws(BuildError) in
            OrderedWriter(
                try makeSink(output.dataPath), runs: output.runsPath, memoryBytes: options.memoryBytes,
                duplicates: duplicates, monitor: monitor)
        }
    }

    /// As ``build(_:)``, in the packed format.
    public func build(_ packed: PackedBuildOptions) throws(BuildError) -> BuildSummary {
        try packed.validate()
        return try build { (output, duplicates) throws(BuildError) in
            try PackedWriter(
                packed, output: output.dataPath, runs: output.runsPath, memoryBytes: options.memoryBytes,
                jobs: options.jobs, duplicates: duplicates, monitor: monitor)
        }
    }

    private func build(
        _ makeWriter: (borrowing OutputDirectory, DuplicateRule) throws(BuildError) -> any VersionWriter
    ) throws(BuildError) -> BuildSummary {
        try options.validate()
        let inputs = try BuildInputs(options, monitor, openDataset)
        let output = try OutputDirectory.make(options.output, workDirectory: options.workDirectory)
        let duplicates = DuplicateRule(
            policy: options.duplicates, inputNames: inputs.names, keyedInputs: inputs.keyedInputs)
        let writer = try makeWriter(output, duplicates)
        let taken: TakenRows
        let written: WrittenRows
        do throws(BuildError) {
            taken = try read(inputs, to: writer)
            try monitor.begin(.writing, total: taken.rowCount)
            written = try writer.finish()
        } catch {
            // The directory goes when this returns, and no thread may then still write to it.
            writer.cancel()
            throw error
        }
        let files = try seal(output)
        let statistics = written.statistics
        try output.finish(
            statistics.manifest(
                options, format: writer.format, created: .now, duplicatesDropped: written.duplicatesDropped,
                files: files),
            signingKey: signingKey)
        try output.commit()
        monitor.clearLine()
        return BuildSummary(
            output: options.output, versionID: options.versionID, rowsRead: taken.rowCount - written.repeatCount,
            keyCount: statistics.keyCount, duplicatesDropped: written.duplicatesDropped,
            badRowsSkipped: taken.badRowCount, inputBytes: taken.inputBytes,
            outputBytes: files.reduce(0) { $0 + $1.bytes }, elapsed: monitor.elapsed, notes: taken.notes)
    }

    /// What the inputs held.
    private struct TakenRows {
        var rowCount = 0
        var badRowCount = 0
        /// As stored.
        var inputBytes = 0
        /// For whoever builds.
        var notes: [String] = []
    }

    private func read(
        _ inputs: consuming BuildInputs, to writer: any VersionWriter
    ) throws(BuildError) -> TakenRows {
        var rows = InputRows(writer: writer, badRowsMax: options.badRowsMax, monitor: monitor)
        let (bytesRead, notes) = try inputs.read(to: &rows, monitor)
        guard rows.rowCount > 0 || options.allowsEmpty else {
            throw BuildError(
                .badData, "no rows in \(options.inputs.count) input(s); --allow-empty builds an empty dataset")
        }
        return TakenRows(
            rowCount: rows.rowCount, badRowCount: rows.badRowCount, inputBytes: bytesRead, notes: notes)
    }

    private func seal(_ output: borrowing OutputDirectory) throws(BuildError) -> [Manifest.File] {
        try monitor.begin(.hashing, total: try output.byteCount)
        return try output.sealFiles(jobs: options.jobs) { (count) throws(BuildError) in
            try monitor.update { $0.done += count }
        }
    }
}
