/// What one version is made of, and how to tell that it is whole: `manifest.json`.
///
/// Written once by the builder and never changed. Fields that this build does not know are
/// tolerated, so that a newer builder may add some; a newer ``manifestVersion`` is refused.
public struct Manifest: Sendable, Equatable, Codable {
    /// The manifest's name in its version's directory.
    public static let fileName = "manifest.json"

    /// The only manifest version that this build reads and writes.
    public static let manifestVersionSupported = 1

    public let manifestVersion: Int
    /// See ``isValidVersionID(_:)``.
    public var versionID: String
    /// The version that this one replaces, where the publisher says so.
    public var parent: String?
    /// The storage format: `rocksdb`, `packed`.
    public var format: String
    public var created: ManifestTime
    public var builder: Builder
    public var keyCount: Int
    /// The first key, bytewise; absent where there are no keys.
    public var minKey: ManifestKey?
    /// The last key, bytewise; absent where there are no keys.
    public var maxKey: ManifestKey?
    /// Absent where there are no keys.
    public var valueBytes: ValueSizes?
    /// How many rows a later row with the same key replaced.
    public var duplicatesDropped: Int
    /// Every file of the version but the manifest, by path, ascending.
    public var files: [File]
    /// A few keys to try before the version serves.
    public var canaries: [Canary]

    /// The program that made the version.
    public struct Builder: Sendable, Equatable, Codable {
        public var name: String
        public var version: String

        public init(name: String, version: String) {
            self.name = name
            self.version = version
        }
    }

    public struct File: Sendable, Equatable, Codable {
        /// Relative to the version's directory, parts separated by `/`.
        public var path: String
        public var bytes: Int
        public var sha256: SHA256Digest

        public init(path: String, bytes: Int, sha256: SHA256Digest) {
            self.path = path
            self.bytes = bytes
            self.sha256 = sha256
        }
    }

    /// How long the values are, in bytes.
    ///
    /// `min`, `max` and `total` are exact; a quantile is at most 1/64 above the exact one.
    public struct ValueSizes: Sendable, Equatable, Codable {
        public var total: Int
        public var min: Int
        public var p50: Int
        public var p90: Int
        public var p99: Int
        public var p999: Int
        public var max: Int

        public init(total: Int, min: Int, p50: Int, p90: Int, p99: Int, p999: Int, max: Int) {
            self.total = total
            self.min = min
            self.p50 = p50
            self.p90 = p90
            self.p99 = p99
            self.p999 = p999
            self.max = max
        }
    }

    /// A key and what a look-up of it must find.
    ///
    /// Written `{"key": …, "sha256": …}` or `{"key": …, "absent": true}`.
    public struct Canary: Sendable, Equatable {
        public var key: ManifestKey
        /// The digest of the value; `nil` where the key must be absent.
        public var sha256: SHA256Digest?

        public init(key: ManifestKey, sha256: SHA256Digest?) {
            self.key = key
            self.sha256 = sha256
        }
    }

    private enum CodingKeys: String, CodingKey {
        case manifestVersion = "manifest_version"
        case versionID = "version_id"
        case parent
        case format
        case created
        case builder
        case keyCount = "key_count"
        case minKey = "min_key"
        case maxKey = "max_key"
        case valueBytes = "value_bytes"
        case duplicatesDropped = "duplicates_dropped"
        case files
        case canaries
    }

    public init(
        versionID: String, parent: String?, format: String, created: ManifestTime, builder: Builder, keyCount: Int,
        minKey: ManifestKey?, maxKey: ManifestKey?, valueBytes: ValueSizes?, duplicatesDropped: Int, files: [File],
        canaries: [Canary]
    ) {
        manifestVersion = Self.manifestVersionSupported
        self.versionID = versionID
        self.parent = parent
        self.format = format
        self.created = created
        self.builder = builder
        self.keyCount = keyCount
        self.minKey = minKey
        self.maxKey = maxKey
        self.valueBytes = valueBytes
        self.duplicatesDropped = duplicatesDropped
        self.files = files
        self.canaries = canaries
    }

    /// Of all files together.
    public var byteCount: Int { files.reduce(0) { $0 + $1.bytes } }

    /// Whether `id` may name a version.
    ///
    /// 1 to 64 characters out of `A–Z a–z 0–9 . _ -`, the first a letter or a digit: it becomes a
    /// directory's name, an object's key and a word of a command.
    public static func isValidVersionID(_ id: String) -> Bool {
        guard let first = id.utf8.first, isLetterOrDigit(first), id.utf8.count <= 64 else { return false }
        return id.utf8.allSatisfy { isLetterOrDigit($0) || [0x2D, 0x2E, 0x5F].contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}

extension Manifest.Canary: Codable {
    private enum CodingKeys: String, CodingKey {
        case key
        case sha256
        case absent
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        key = try container.decode(ManifestKey.self, forKey: .key)
        let isAbsent = try container.decodeIfPresent(Bool.self, forKey: .absent) ?? false
        sha256 = try container.decodeIfPresent(SHA256Digest.self, forKey: .sha256)
        guard isAbsent == (sha256 == nil) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: container.codingPath, debugDescription: "a canary has either sha256 or absent"))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(key, forKey: .key)
        if let sha256 {
            try container.encode(sha256, forKey: .sha256)
        } else {
            try container.encode(true, forKey: .absent)
        }
    }
}
