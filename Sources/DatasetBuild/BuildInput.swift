internal import Platform
internal import RedisClient
public import Storage

/// Opens the engine on the files in a version's directory, for one walk over its rows.
///
/// `format` is as the manifest says, or `nil` where the files must tell; `columnFamily` is for RocksDB, whose default one
/// is `nil`.
public typealias DatasetOpener = (
    _ directory: String, _ format: String?, _ columnFamily: String?
) throws(EngineError) -> any Engine

/// One thing that a build reads, found to be there and not read yet.
///
/// Used on the building thread alone.
protocol BuildInput: AnyObject {
    /// What messages call it; never with a password.
    var name: String { get }
    /// Its size as stored, or `nil` where nobody knows.
    var byteCount: Int? { get }
    /// How many rows it has, about; `nil` where nobody knows.
    var rowCount: Int? { get }
    /// Whether a key that comes twice is the same entry, read twice.
    var isKeyed: Bool { get }

    /// Gives all rows to `rows`; waits for disks and servers.
    ///
    /// - Returns: How much was read, and what an operator should hear of, a line each.
    func read(to rows: inout InputRows, _ progress: InputProgress) throws(BuildError) -> (bytes: Int, notes: [String])
}

/// Tells a build's monitor how far the reading of one input is.
struct InputProgress {
    let monitor: BuildMonitor
    /// What was read of the inputs before.
    let bytesBefore: Int

    /// - Parameters:
    ///   - bytes: Of this input.
    ///   - rows: Of all inputs so far.
    /// - Throws: Once a signal asks to stop.
    func update(bytes: Int, rows: Int) throws(BuildError) {
        try monitor.update {
            $0.done = bytesBefore + bytes
            $0.rows = rows
        }
    }
}

/// All that a build reads: every input is looked at before the first is read, then they are read in their order.
struct BuildInputs: ~Copyable {
    /// What messages call them, in their order.
    let names: [String]
    /// Their size as stored, or `nil` where nobody knows.
    let byteCount: Int?
    /// How many rows they have, about; `nil` where nobody knows.
    let rowCount: Int?
    /// Those in which a key that comes twice is the same entry, read twice.
    let keyedInputs: Set<Int>
    private let inputs: [any BuildInput]

    /// Finds what is missing, cannot be opened or cannot be reached before hours have gone into the other inputs.
    init(_ options: BuildOptions, _ monitor: BuildMonitor, _ openDataset: DatasetOpener?) throws(BuildError) {
        var inputs: [any BuildInput] = []
        for input in options.inputs { inputs.append(try Self.open(input, options, monitor, openDataset)) }
        guard options.columnFamily == nil || inputs.contains(where: { $0 is DatasetInput }) else {
            throw BuildError(.usage, "--column-family is for RocksDB directories, and no input is a directory")
        }
        names = inputs.map(\.name)
        byteCount = Self.sum(inputs.map(\.byteCount))
        rowCount = Self.sum(inputs.map(\.rowCount))
        keyedInputs = Set(inputs.indices.filter { inputs[$0].isKeyed })
        self.inputs = inputs
    }

    private static func open(
        _ input: String, _ options: BuildOptions, _ monitor: BuildMonitor, _ openDataset: DatasetOpener?
    ) throws(BuildError) -> any BuildInput {
        // What has a scheme is an address, and else a path, though a file by that name were there.
        if input.contains("://") { return try ServerInput(input, options, monitor) }
        if let openDataset, input != "-", FileSystem.isDirectory(input) {
            return try DatasetInput(input, options, openDataset)
        }
        return try TextInput(input, options, monitor)
    }

    private static func sum(_ counts: [Int?]) -> Int? {
        counts.reduce(0) { total, count in
            guard let total, let count else { return nil }
            return total + count
        }
    }

    /// Gives all rows of all inputs to `rows`, and lets go of the inputs.
    consuming func read(
        to rows: inout InputRows, _ monitor: BuildMonitor
    ) throws(BuildError) -> (bytes: Int, notes: [String]) {
        try monitor.begin(.reading, total: byteCount, rowTotal: rowCount)
        var (bytes, notes): (Int, [String]) = (0, [])
        for (index, input) in inputs.enumerated() {
            rows.begin(input: index, name: input.name)
            let (count, more) = try input.read(to: &rows, InputProgress(monitor: monitor, bytesBefore: bytes))
            bytes += count
            notes += more
        }
        return (bytes, notes)
    }
}

extension RowSink where Self: ~Copyable {
    /// Takes the `line`-th row of an input that gives whole rows.
    ///
    /// - Throws: Also where the row is longer than `rowBytesMax`.
    @inline(__always) mutating func take(
        key: Span<UInt8>, value: Span<UInt8>, line: Int, rowBytesMax: Int
    ) throws(BuildError) {
        guard key.count + value.count <= rowBytesMax else {
            throw failure(
                line: line,
                "the key \(Printable.text(key)) and its value are longer than \(rowBytesMax >> 20) MiB, "
                    + "a quarter of --memory; raise that")
        }
        try take(key: key, value: value, line: line)
    }
}
