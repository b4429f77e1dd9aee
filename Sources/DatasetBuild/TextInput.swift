internal import Bytes

/// Rows written as text or as Redis commands, in a file or on standard input.
final class TextInput: BuildInput {
    let name: String
    let byteCount: Int?
    let rowCount: Int? = nil
    let isKeyed = false
    private let path: String
    private let format: InputFormat
    private let options: BuildOptions
    private let monitor: BuildMonitor

    /// `path` may be `-`.
    init(_ path: String, _ options: BuildOptions, _ monitor: BuildMonitor) throws(BuildError) {
        name = InputReader.displayName(path)
        guard let format = options.inputFormat ?? InputFormat(path: path) else {
            let names = InputFormat.allCases.map(\.rawValue).joined(separator: ", ")
            throw BuildError(.usage, "\(name): its format is not clear; name it: --input-format \(names)")
        }
        byteCount = try path == "-" ? nil : FileTree.plainByteCount(path)
        self.path = path
        self.format = format
        self.options = options
        self.monitor = monitor
    }

    func read(to rows: inout InputRows, _ progress: InputProgress) throws(BuildError) -> (bytes: Int, notes: [String]) {
        var reader = try InputReader.open(path, monitor: monitor)
        switch format {
        case .csv:
            var decoder = CSVDecoder(choice: options.columns)
            try pump(&reader, &decoder, &rows, progress)
        case .tsv:
            var decoder = TSVDecoder(choice: options.columns)
            try pump(&reader, &decoder, &rows, progress)
        case .jsonLines:
            var decoder = JSONLinesDecoder(choice: options.columns)
            try pump(&reader, &decoder, &rows, progress)
        case .resp:
            var decoder = RESPDecoder()
            try pump(&reader, &decoder, &rows, progress)
        }
        return (reader.bytesRead, [])
    }

    private func pump<Decoder: RowDecoder & ~Copyable>(
        _ reader: inout InputReader, _ decoder: inout Decoder, _ rows: inout InputRows, _ progress: InputProgress
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
            try progress.update(bytes: reader.bytesRead, rows: rows.rowCount)
        }
    }
}
