public import Datasets
internal import FoundationEssentials

/// Which version a source announces: its `current.json`.
public struct PublishedPointer: Sendable, Equatable, Codable {
    public var versionID: String
    /// Of the bytes of the version's manifest, so that neither can be changed without the other.
    public var manifestSHA256: SHA256Digest
    public var publishedAt: ManifestTime

    public init(versionID: String, manifestSHA256: SHA256Digest, publishedAt: ManifestTime) {
        self.versionID = versionID
        self.manifestSHA256 = manifestSHA256
        self.publishedAt = publishedAt
    }

    private enum CodingKeys: String, CodingKey {
        case versionID = "version_id"
        case manifestSHA256 = "manifest_sha256"
        case publishedAt = "published_at"
    }

    /// Reads a pointer; `nil` where the bytes are none, or name what cannot be a version.
    public static func decode(_ json: [UInt8]) -> PublishedPointer? {
        guard StrictJSON.problem(in: json) == nil,
            let pointer = try? JSONDecoder().decode(PublishedPointer.self, from: Data(json)),
            Manifest.isValidVersionID(pointer.versionID)
        else { return nil }
        return pointer
    }

    /// The text of `current.json`, a line feed at its end.
    public func encoded() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        guard let json = try? encoder.encode(self) else {
            preconditionFailure("three strings cannot be written as JSON")
        }
        return Array(json) + [UInt8(ascii: "\n")]
    }
}
