internal import Datasets
public import RedisClient

/// What to build, from what, and within which bounds.
public struct BuildOptions: Sendable {
    /// Paths and servers' addresses, in the order in which a later row replaces an earlier one; `-` is standard input.
    public var inputs: [String]
    /// Overrides what the extension of a file's path says.
    public var inputFormat: InputFormat?
    /// Which column family of RocksDB directories to read; `nil` means the default one.
    public var columnFamily: String?
    /// How long a server may be silent while it owes a reply.
    public var serverSilenceMax = Duration.seconds(60)
    /// Of the servers whose addresses leave it out.
    public var serverPassword: RedisPassword?
    public var columns = ColumnChoice()
    /// The directory to make; nothing may be there yet.
    public var output: String
    /// Where the work is done until the output appears: a directory on the same file system; `nil` means beside it.
    public var workDirectory: String?
    public var versionID: String
    public var parent: String?
    /// The program's name and version, for the manifest.
    public var builderName = "almanac"
    public var builderVersion: String
    /// What sorting may use, in bytes; see ``memoryBytesMin``.
    ///
    /// The input's and the storage format's own buffers come on top.
    public var memoryBytes = 512 << 20
    public var duplicates = DuplicatePolicy.lastWins
    /// How many malformed rows are passed over before one ends the build.
    public var badRowsMax = 0
    /// Whether no rows at all make an empty dataset rather than an error.
    public var allowsEmpty = false

    /// How many threads sort and write, at least 1, where the storage format lets several.
    public var jobs = 1

    public static let memoryBytesMin = 16 << 20

    public init(inputs: [String], output: String, versionID: String, builderVersion: String) {
        self.inputs = inputs
        self.output = output
        self.versionID = versionID
        self.builderVersion = builderVersion
    }

    /// One row may take a quarter of the memory, and never more than a key and a value of Redis's 512 MB.
    var rowBytesMax: Int { min(memoryBytes / 4, 1 << 30) }

    func validate() throws(BuildError) {
        guard !inputs.isEmpty else { throw BuildError(.usage, "no input is named; - reads standard input") }
        guard inputs.count(where: { $0 == "-" }) <= 1 else {
            throw BuildError(.usage, "standard input (-) is named twice, and can be read only once")
        }
        guard inputs.count <= RowOrigin.inputCountMax else {
            throw BuildError(.usage, "more than \(RowOrigin.inputCountMax) inputs: pipe them through standard input")
        }
        guard memoryBytes >= Self.memoryBytesMin else {
            throw BuildError(.usage, "--memory must be at least \(Self.memoryBytesMin >> 20)MiB")
        }
        guard jobs >= 1 else { throw BuildError(.usage, "--jobs must be at least 1") }
        guard badRowsMax >= 0 else { throw BuildError(.usage, "--skip-bad must not be negative") }
        for (flag, id) in [("--version-id", versionID), ("--parent", parent ?? versionID)] {
            guard Manifest.isValidVersionID(id) else {
                throw BuildError(
                    .usage,
                    "\(flag) \"\(id)\": an id is 1 to 64 of A-Z a-z 0-9 . _ -, and begins with a letter or a digit")
            }
        }
    }
}

/// What becomes of rows with a key that an earlier row had.
public enum DuplicatePolicy: String, Sendable, CaseIterable {
    /// The last one is kept, over all inputs in the order given; the others are counted.
    case lastWins = "last-wins"
    /// The first one found ends the build.
    case fail
}

/// Which columns, or members of a JSON object, make a row's key and value.
public struct ColumnChoice: Sendable {
    /// `nil` means the column `key`.
    public var key: String?
    /// `nil` means the whole row as a JSON object, or `value` for JSON Lines where no key is named either.
    public var value: String?

    public init(key: String? = nil, value: String? = nil) {
        self.key = key
        self.value = value
    }

    var keyName: String { key ?? "key" }
}
