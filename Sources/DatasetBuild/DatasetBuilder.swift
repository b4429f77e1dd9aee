internal import Bytes
public import Datasets

/// Makes a version of a dataset out of rows, in any order and of any number.
public struct DatasetBuilder {
    private let options: BuildOptions
    private let monitor: BuildMonitor
    /// What signs the manifest, if anything.
    private let signingKey: SigningKey?

    public init(_ options: BuildOptions, monitor: BuildMonitor, signingKey: SigningKey? = nil) {
        self.options = options
        self.monitor = monitor
        self.signingKey = signingKey
    }

    /// Reads, sorts, writes, seals; waits for disks and inputs, for as long as it takes.
    ///
    /// `makeSink` makes the writer of the storage format, in an empty directory. After an error nothing is
    /// left at or beside the output's path.
    public func build<Sink: DatasetSink>(
        _ makeSink: (_ directory: String) throws(BuildError) -> Sink
    ) throws(BuildError) -> BuildSummary {
        try options.validate()
        let formats = try inputFormats()
        let inputBytes = try inputBytes()
        let output = try OutputDirectory.make(options.output, workDirectory: options.workDirectory)
        let duplicates = DuplicateCounter(
            options.duplicates, inputNames: options.inputs.map { InputReader.displayName($0) })
        let sorter = RowSorter(
            directory: output.runsPath, memoryBytes: options.memoryBytes, duplicates: duplicates, monitor: monitor)
        var rows = InputRows(sorter: sorter, badRowsMax: options.badRowsMax, monitor: monitor)

        try monitor.begin(.reading, total: inputBytes)
        var bytesRead = 0
        for (index, input) in options.inputs.enumerated() {
            rows.begin(input: index, name: InputReader.displayName(input))
            bytesRead += try read(input, formats[index], to: &rows, bytesBefore: bytesRead)
        }
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
            output: options.output, versionID: options.versionID, rowsRead: rows.rowCount, keyCount: keyCount,
            duplicatesDropped: duplicates.count, badRowsSkipped: rows.badRowCount, inputBytes: bytesRead,
            outputBytes: files.reduce(0) { $0 + $1.bytes }, elapsed: monitor.elapsed)
    }

    private func inputFormats() throws(BuildError) -> [InputFormat] {
        var formats: [InputFormat] = []
        for input in options.inputs {
            guard let format = options.inputFormat ?? InputFormat(path: input) else {
                let names = InputFormat.allCases.map(\.rawValue).joined(separator: ", ")
                throw BuildError(
                    .usage,
                    "\(InputReader.displayName(input)): its format is not clear; name it: --input-format \(names)")
            }
            formats.append(format)
        }
        return formats
    }

    /// The inputs' size as stored, or `nil` where one of them is no plain file.
    ///
    /// Finds a missing input before hours have gone into the others.
    private func inputBytes() throws(BuildError) -> Int? {
        var total: Int? = 0
        for input in options.inputs {
            let bytes = try input == "-" ? nil : FileTree.plainByteCount(input)
            if let known = total, let bytes { total = known + bytes } else { total = nil }
        }
        return total
    }

    /// Reads one input; returns how many bytes it had as stored.
    private func read(
        _ input: String, _ format: InputFormat, to rows: inout InputRows, bytesBefore: Int
    ) throws(BuildError) -> Int {
        var reader = try InputReader.open(input, monitor: monitor)
        switch format {
        case .csv:
            var decoder = CSVDecoder(choice: options.columns)
            try pump(&reader, &decoder, &rows, bytesBefore)
        case .tsv:
            var decoder = TSVDecoder(choice: options.columns)
            try pump(&reader, &decoder, &rows, bytesBefore)
        case .jsonLines:
            var decoder = JSONLinesDecoder(choice: options.columns)
            try pump(&reader, &decoder, &rows, bytesBefore)
        case .resp:
            var decoder = RESPDecoder()
            try pump(&reader, &decoder, &rows, bytesBefore)
        }
        return reader.bytesRead
    }

    private func pump<Decoder: RowDecoder & ~Copyable>(
        _ reader: inout InputReader, _ decoder: inout Decoder, _ rows: inout InputRows, _ bytesBefore: Int
    ) throws(BuildError) {
        var buffer = ByteBuffer()
        var isLast = false
        while !isLast {
            isLast = try !reader.read(to: &buffer, monitor: monitor)
            let consumed = try decoder.decode(buffer.span, isLast: isLast, to: &rows)
            buffer.removeFirst(consumed)
            guard buffer.count <= options.rowBytesMax else {
                throw rows.failure(
                    line: decoder.line,
                    "the row that begins here is longer than \(options.rowBytesMax >> 20) MiB, a quarter of --memory; "
                        + "raise that, or look for a quote or length that swallows the rest")
            }
            let (done, rowCount) = (bytesBefore + reader.bytesRead, rows.rowCount)
            try monitor.update {
                $0.done = done
                $0.rows = rowCount
            }
        }
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
