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
    public func build(_ packed: PackedOptions) throws(BuildError) -> BuildSummary {
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
        let formats = try inputFormats()
        let inputBytes = try inputBytes()
        let output = try OutputDirectory.make(options.output, workDirectory: options.workDirectory)
        let duplicates = DuplicateRule(
            policy: options.duplicates, inputNames: options.inputs.map { InputReader.displayName($0) })
        let writer = try makeWriter(output, duplicates)
        let taken: TakenRows
        let written: WrittenRows
        do throws(BuildError) {
            taken = try read(formats, inputBytes, to: writer)
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
            output: options.output, versionID: options.versionID, rowsRead: taken.rowCount,
            keyCount: statistics.keyCount, duplicatesDropped: written.duplicatesDropped,
            badRowsSkipped: taken.badRowCount, inputBytes: taken.inputBytes,
            outputBytes: files.reduce(0) { $0 + $1.bytes }, elapsed: monitor.elapsed)
    }

    /// What the inputs held.
    private struct TakenRows {
        var rowCount = 0
        var badRowCount = 0
        /// As stored.
        var inputBytes = 0
    }

    /// Reads all inputs, of `inputBytes` where that is known.
    private func read(
        _ formats: [InputFormat], _ inputBytes: Int?, to writer: any VersionWriter
    ) throws(BuildError) -> TakenRows {
        try monitor.begin(.reading, total: inputBytes)
        var rows = InputRows(writer: writer, badRowsMax: options.badRowsMax, monitor: monitor)
        var bytesRead = 0
        for (index, input) in options.inputs.enumerated() {
            rows.begin(input: index, name: InputReader.displayName(input))
            bytesRead += try read(input, formats[index], to: &rows, bytesBefore: bytesRead)
        }
        guard rows.rowCount > 0 || options.allowsEmpty else {
            throw BuildError(
                .badData, "no rows in \(options.inputs.count) input(s); --allow-empty builds an empty dataset")
        }
        return TakenRows(rowCount: rows.rowCount, badRowCount: rows.badRowCount, inputBytes: bytesRead)
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

    private func seal(_ output: borrowing OutputDirectory) throws(BuildError) -> [Manifest.File] {
        try monitor.begin(.hashing, total: try output.byteCount)
        return try output.sealFiles { (count) throws(BuildError) in
            try monitor.update { $0.done += count }
        }
    }
}
