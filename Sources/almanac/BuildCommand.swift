public import ArgumentParser
public import DatasetBuild
internal import Datasets
private import PackedStorage
private import RedisClient
private import Settings

/// `almanac build`: makes a version out of rows.
struct BuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Makes a version of a dataset out of files of rows, other datasets or a live Redis.",
        usage: """
            almanac build <input> ... --output <dir> [<options>]
            almanac build <input> ... --data-dir <dir> [--activate] [<options>]
            almanac build - --input-format jsonl --output <dir> [<options>]
            """,
        discussion: """
            Inputs are files, - for standard input, datasets and live servers, as many of each as you like. Rows \
            come in any order, and there may be more of them than memory holds.

            FILES may be plain, gzip or zstd, told by their first bytes. FORMATS, by
            the name's ending (.csv .tsv .jsonl .ndjson .resp, then perhaps .gz or
            .zst) or by --input-format:
              csv    RFC 4180; the first record names the columns
              tsv    text/tab-separated-values, without quoting; the first line names
                     the columns
              jsonl  an object a line: {"key": ..., "value": ...}; key_base64 and
                     value_base64 hold binary data; a value that is not a string is
                     stored as its JSON text, and null is refused
              resp   what redis-cli --pipe takes: SET key value, and MSET

            DATASETS are directories: a RocksDB database, whose column family --column-family may name; a version; \
            or a data directory, whose current version is meant. They are only read.

            SERVERS are Redis, or speak as Redis does: redis://[[user:]password@]host[:port][/db] or \
            unix://[[user:]password@]/path[?db=n], with %2F for a / in a password; better \
            without one, and with --server-password-file. Keys are found by SCAN while the \
            server goes on: what is there throughout is taken, what is written meanwhile may be. A key that holds \
            no string is a malformed row. A key that expires is taken, and never expires in the version; how many \
            there are is told. Of a cluster, name every master.

            Without --value a row of CSV or TSV is stored as a JSON object of all its columns; so is an object of \
            JSON Lines where --key is given alone. An empty key is malformed in CSV and TSV.

            The output appears whole or not at all, with a manifest.json. Until then the work is in a hidden \
            directory beside it, .DIR.partial-..., which may take up the rows' size twice.

            With --data-dir the version appears at DIR/versions/ID, its parent is the version that is current \
            there, and --activate makes it current. Without it, that is left to you:
            ln -sfn versions/ID DIR/current.

            EXAMPLES:
              almanac build users.csv --key id --output /srv/users
              almanac build users.csv --key id --data-dir /srv/users --activate
              almanac build a.tsv.gz b.tsv.gz --value name --memory 2GiB --output names
              zcat rows.gz | almanac build - --input-format jsonl --output rows
              almanac build /var/lib/rocksdb --column-family users --output users
              almanac build redis://10.0.0.7:6379/0 --data-dir /srv/users --activate

            EXIT CODES:
              0   done
              64  the command line is wrong, or the output exists
              65  malformed rows, damaged input, no rows
              69  a server cannot be reached, went away, or refused to answer
              74  reading or writing failed
            """)

    @Argument(
        help: ArgumentHelp(
            "Files, datasets and servers to read, in the order in which a later row wins; - is standard input.",
            valueName: "input"))
    var inputs: [String]

    @OptionGroup var serverPassword: ServerPassword

    @Option(name: .shortAndLong, help: ArgumentHelp("The directory to make; it must not exist.", valueName: "dir"))
    var output: String?

    @Option(
        name: .customLong("data-dir"),
        help: ArgumentHelp("The data directory to put the version into, in place of --output.", valueName: "dir"))
    var dataDirectory: String?

    @Flag(help: "Makes the version current, unless the data directory is pinned to another.")
    var activate = false

    @Option(help: ArgumentHelp("Signs the manifest with this key of almanac keygen.", valueName: "file"))
    var sign: String?

    @Option(help: ArgumentHelp("The column that holds the key. (default: key)", valueName: "column"))
    var key: String?

    @Option(
        help: ArgumentHelp("The column that holds the value. (default: the whole row as JSON)", valueName: "column"))
    var value: String?

    @Option(help: ArgumentHelp("How all files are written: csv, tsv, jsonl or resp.", valueName: "format"))
    var inputFormat: InputFormat?

    @Option(
        help: ArgumentHelp("The column family to read of RocksDB databases. (default: default)", valueName: "family"))
    var columnFamily: String?

    @Option(help: ArgumentHelp("The storage format to write: packed or rocksdb.", valueName: "format"))
    var format = StorageFormat.packed

    @Option(
        help: ArgumentHelp(
            "Packed files to make, each of an equal range of hash slots: a power of two up to 16384.",
            valueName: "count"))
    var segments = PackedBuildOptions().segmentCount

    @Option(
        help: ArgumentHelp(
            "How packed files store values: none, or zstd with a dictionary trained on some of them.",
            valueName: "way"))
    var compression = ValueCompression.none

    @Option(
        help: ArgumentHelp(
            "Threads that sort, write and check, none with less than 16 MiB of --memory. (default: one a core)",
            valueName: "count"))
    var jobs: Int?

    @Option(help: ArgumentHelp("The version's id. (default: the time in UTC, such as 20261121T0300Z)", valueName: "id"))
    var versionID: String?

    @Option(help: ArgumentHelp("The id of the version that this one replaces, for the manifest.", valueName: "id"))
    var parent: String?

    @Option(
        help: ArgumentHelp(
            "What sorting may use, such as 64MiB or 2GiB; a row may have a quarter of it.", valueName: "size"))
    var memory = MemorySize(bytes: 512 << 20)

    @Option(
        help: ArgumentHelp(
            "Rows with the same key: last-wins keeps the last and counts the others; fail ends the build.",
            valueName: "policy"))
    var duplicates = DuplicatePolicy.lastWins

    @Option(help: ArgumentHelp("Passes over up to this many malformed rows, and tells of them.", valueName: "count"))
    var skipBad = 0

    @Flag(help: "Builds an empty dataset where there are no rows.")
    var allowEmpty = false

    @Flag(name: .shortAndLong, help: "Shows no progress and no summary.")
    var quiet = false

    /// Twice their files, twice, are as many as a process may usually open without raising its limit.
    private static let inconspicuousSegmentsMax = 256

    func validate() throws {
        guard (output == nil) != (dataDirectory == nil) else {
            throw ValidationError("Name either --output or --data-dir")
        }
        guard format == .packed || segments == PackedBuildOptions().segmentCount else {
            throw ValidationError("--segments goes with --format packed")
        }
        guard format == .packed || compression == .none else {
            throw ValidationError("--compression goes with --format packed")
        }
        guard !activate || dataDirectory != nil else { throw ValidationError("--activate needs --data-dir") }
    }

    func run() throws {
        // Before anything starts a thread, which would else die of the signals.
        let signals = StopSignals()
        let signingKey = try sign.map(readSigningKey)
        let target = try dataDirectory.map(dataDirectory(at:))
        if segments > Self.inconspicuousSegmentsMax, !quiet {
            Almanac.note(
                "a server has 2 files open for each of the \(segments) segments, and twice as many during a swap")
        }
        let options = try options(target)
        let monitor = BuildMonitor(output: quiet ? .none : .standardError) { signals.next() }
        do throws(BuildError) {
            let builder = DatasetBuilder(
                options, monitor: monitor, signingKey: signingKey, openDataset: openInput)
            let summary = try build(with: builder)
            if !quiet { print(summary.text) }
        } catch {
            monitor.clearLine()
            let failure = CommandFailure(error.kind.exitCode, error.description)
            guard case .interrupted(let signal) = error.kind else { throw failure }
            _ = Almanac.report(failure)
            signals.die(of: signal)
        }
        if activate, let target { try makeCurrent(options.versionID, in: target) }
    }

    private func build(with builder: DatasetBuilder) throws(BuildError) -> BuildSummary {
        switch format {
        case .packed:
            var packed = PackedBuildOptions()
            packed.segmentCount = segments
            packed.compression = compression == .zstd ? .zstd : .none
            return try builder.build(packed)
        case .rocksdb:
            return try builder.build { (directory) throws(BuildError) in try RocksDBSink(directory: directory) }
        }
    }

    /// The data directory, made where it is missing.
    private func dataDirectory(at path: String) throws -> DataDirectory {
        let directory = DataDirectory(path: path)
        try directory.create()
        return directory
    }

    private func makeCurrent(_ id: String, in directory: DataDirectory) throws {
        if let pin = try directory.pin(), pin.versionID != id {
            return Almanac.note("\(directory.path) is pinned to \(pin.versionID), so \(id) was not made current")
        }
        try directory.setCurrent(id)
        if !quiet { print("current is now \(id)") }
    }

    private func options(_ target: DataDirectory?) throws -> BuildOptions {
        let id = versionID ?? ManifestTime.now.versionID
        var options = BuildOptions(
            inputs: inputs, output: target?.versionPath(id) ?? output ?? "", versionID: id,
            builderVersion: Almanac.version)
        options.workDirectory = target?.incomingPath
        options.inputFormat = inputFormat
        if inputs.contains(where: { $0.contains("://") }) {
            do throws(RedisClientError) {
                options.serverPassword = try serverPassword.source()
            } catch {
                throw CommandFailure(error)
            }
        }
        options.columnFamily = columnFamily
        options.columns = ColumnChoice(key: key, value: value)
        options.parent = parent
        options.memoryBytes = memory.bytes
        options.jobs = jobs ?? HostResources.current.coreCount
        options.duplicates = duplicates
        options.badRowsMax = skipBad
        options.allowsEmpty = allowEmpty
        guard let target else { return options }
        // Found before the work rather than after it.
        if let refusal = try target.refusal(of: id) {
            throw CommandFailure(
                .usage, "version \(id) was refused before (\(refusal.reason)); take another --version-id")
        }
        if let current = try target.currentVersionID(), current != id { options.parent = parent ?? current }
        return options
    }
}

/// A storage format that `almanac build` writes.
enum StorageFormat: String, CaseIterable, ExpressibleByArgument {
    case packed
    case rocksdb
}

/// A way of `almanac build` to store values.
enum ValueCompression: String, CaseIterable, ExpressibleByArgument {
    case none
    case zstd
}

/// A number of bytes on the command line, read as the settings of `almanac serve` are: `67108864`, `64MiB`, `2gb`.
struct MemorySize: ExpressibleByArgument, CustomStringConvertible {
    let bytes: Int

    init(bytes: Int) { self.bytes = bytes }

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits),
            let unit = SettingText.bytesOfUnit[argument.dropFirst(digits.count).lowercased()],
            case (let product, false) = number.multipliedReportingOverflow(by: unit)
        else { return nil }
        bytes = product
    }

    var description: String { bytes.isMultiple(of: 1 << 20) ? "\(bytes >> 20)MiB" : "\(bytes)" }
}

extension InputFormat: ExpressibleByArgument {}

extension DuplicatePolicy: ExpressibleByArgument {}

extension BuildError.Kind {
    fileprivate var exitCode: ExitCode {
        switch self {
        case .usage: .usage
        case .badData: .badData
        case .inputOutput: .ioError
        case .unreachable: .sourceUnreachable
        // What a shell reports of a process that a signal ended.
        case .interrupted(let signal): ExitCode(128 + signal)
        }
    }
}
