public import Datasets
public import Storage

/// What there is to know of a dataset at rest.
public struct InspectionReport: Sendable, Encodable {
    public var path: String
    /// What `path` is: `data directory`, `version`, `database`.
    public var kind: String
    /// Of a data directory.
    public var versions: [String]?
    public var quarantined: [String]?
    /// The directory of the version that the rest is about; `nil` where none is current.
    public var directory: String?
    public var manifest: Manifest?
    /// Whether a signature lies beside the manifest; it is not checked here.
    public var isSigned = false
    /// Files below the version's directory, the manifest among them.
    public var fileCount = 0
    public var fileBytes = 0
    public var largestFile: File?
    public var engine: EngineFacts?
    /// Why the engine does not open, where it does not.
    public var engineProblem: String?

    public struct File: Sendable, Equatable, Encodable {
        public var path: String
        public var bytes: Int
    }

    public struct EngineFacts: Sendable, Equatable, Encodable {
        public var format: String
        public var keyCount: Int
        public var isKeyCountExact: Bool
        /// In the engine's own terms, by name.
        public var details: [String: String]

        private enum CodingKeys: String, CodingKey {
            case format
            case keyCount = "key_count"
            case isKeyCountExact = "key_count_is_exact"
            case details
        }
    }

    /// Looks at what lies at `location`, without the engine; a manifest that cannot be read is an error.
    public init(_ location: DatasetPath) throws(InspectionError) {
        path = location.path
        switch location.kind {
        case .dataDirectory:
            kind = "data directory"
            versions = location.versionIDs
            quarantined = location.quarantinedIDs
        case .version: kind = "version"
        case .bare: kind = "database"
        }
        guard let directory = location.versionDirectory else { return }
        self.directory = directory
        manifest = try DatasetPath.manifest(in: directory)
        for file in DatasetPath.files(below: directory) {
            let bytes = DatasetPath.byteCount("\(directory)/\(file)")
            fileCount += 1
            fileBytes += bytes
            if bytes > largestFile?.bytes ?? -1 { largestFile = File(path: file, bytes: bytes) }
            if file.hasPrefix("manifest."), file.hasSuffix(".sig") { isSigned = true }
        }
    }

    /// Adds what an opened engine tells.
    public mutating func add(_ engine: any Engine, details: [String: String]) {
        var isExact = false
        if case .exact = engine.keyCount { isExact = true }
        self.engine = EngineFacts(
            format: engine.format, keyCount: engine.keyCount.value, isKeyCountExact: isExact, details: details)
    }

    private enum CodingKeys: String, CodingKey {
        case path
        case kind
        case versions
        case quarantined
        case directory
        case manifest
        case isSigned = "signed"
        case fileCount = "file_count"
        case fileBytes = "file_bytes"
        case largestFile = "largest_file"
        case engine
        case engineProblem = "engine_problem"
    }
}
