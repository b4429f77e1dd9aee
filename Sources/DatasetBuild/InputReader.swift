internal import Bytes

/// Reads one input's bytes, expanded where they are compressed.
struct InputReader: ~Copyable {
    /// The path as given, or `standard input`: for messages.
    let name: String
    private let file: BuildFile
    private let mayWait: Bool
    private var decompressor: Decompressor?
    private var raw = ByteBuffer()
    private var isRawAtEnd = false
    /// How many bytes of the input, as stored, were read.
    private(set) var bytesRead = 0

    private static let pieceBytes = 256 << 10
    /// How long a read waits for another process before it looks whether the build should stop.
    private static let waitMilliseconds: Int32 = 100

    private init(name: String, file: consuming BuildFile, mayWait: Bool) {
        self.name = name
        self.file = file
        self.mayWait = mayWait
    }

    /// Opens an input and finds out how it is compressed.
    ///
    /// `input` is a path, or `-`.
    static func open(_ input: String, monitor: BuildMonitor) throws(BuildError) -> InputReader {
        let file = try openFile(input)
        guard try !file.isDirectory else {
            throw BuildError(.usage, "\(input) is a directory; name the files in it")
        }
        let mayWait = try file.mayWait
        var reader = InputReader(name: displayName(input), file: file, mayWait: mayWait)
        try reader.findCompression(monitor)
        return reader
    }

    private static func openFile(_ input: String) throws(BuildError) -> BuildFile {
        if input == "-" { return try BuildFile.standardInput() }
        return try BuildFile(reading: input)
    }

    private mutating func findCompression(_ monitor: BuildMonitor) throws(BuildError) {
        while raw.count < Compression.magicByteCount, try readRaw(monitor) {}
        let compression = Compression(firstBytes: raw.span)
        guard compression != .none else { return }
        do throws(RowProblem) {
            decompressor = try Decompressor(compression)
        } catch {
            throw BuildError(.inputOutput, "\(name): \(error.description)")
        }
    }

    static func displayName(_ input: String) -> String { input == "-" ? "standard input" : input }

    /// Appends some bytes to `buffer`; false at the input's end.
    mutating func read(to buffer: inout ByteBuffer, monitor: BuildMonitor) throws(BuildError) -> Bool {
        guard decompressor != nil else {
            guard raw.isEmpty else {
                buffer.append(raw.span)
                raw.release()
                return true
            }
            try waitReadable(monitor)
            let count = try file.read(Self.pieceBytes, to: &buffer)
            bytesRead += count
            return count > 0
        }
        let before = buffer.count
        while true {
            do throws(RowProblem) {
                try decompressor?.expand(&raw, to: &buffer, byteCountMax: Self.pieceBytes)
            } catch {
                throw BuildError(.badData, "\(name): \(error.description)")
            }
            if buffer.count > before { return true }
            // Nothing came out: a member's end with another behind it, or more input is needed.
            if !raw.isEmpty, decompressor?.isAtEnd ?? true { continue }
            guard try readRaw(monitor) else {
                guard decompressor?.isAtEnd ?? true else {
                    throw BuildError(.badData, "\(name): the compressed data was cut off: its end is missing")
                }
                return false
            }
        }
    }

    private mutating func readRaw(_ monitor: BuildMonitor) throws(BuildError) -> Bool {
        guard !isRawAtEnd else { return false }
        try waitReadable(monitor)
        let count = try file.read(Self.pieceBytes, to: &raw)
        bytesRead += count
        isRawAtEnd = count == 0
        return count > 0
    }

    private func waitReadable(_ monitor: BuildMonitor) throws(BuildError) {
        guard mayWait else { return }
        while !file.waitReadable(milliseconds: Self.waitMilliseconds) { try monitor.update { _ in } }
    }
}
