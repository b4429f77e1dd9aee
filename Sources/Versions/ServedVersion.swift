public import Commands
public import Datasets
public import Settings
public import Storage

/// Opens the engine of a version: the one thing here that knows storage formats.
///
/// It is given the version's directory, the format that its manifest names (`nil` without one), what the operator
/// said of the dataset, and how many threads may open its files.
public typealias EngineOpener =
    @Sendable (
        _ directory: String, _ format: String?, _ dataset: DatasetPath, _ threads: Int
    ) throws(EngineError) -> any Engine

/// A version that is open, with all that is known of it.
public struct ServedVersion: Sendable {
    /// The version, and who stays on it.
    public let open: OpenVersion
    public let manifest: Manifest?
    let manifestSHA256: SHA256Digest?
    public internal(set) var verification: Verification
    /// Of all its files; `nil` without a manifest.
    public let byteCount: Int?
    let place: VersionPlace
    /// Keeps a sidecar from deleting the files; `nil` without a manifest.
    let hold: VersionDirectory.Hold?

    /// What has been held against the manifest.
    public enum Verification: String, Sendable {
        /// There is no manifest.
        case none
        case sizes
        /// Whoever put the files there has hashed them.
        case sealed
        /// Every file was hashed by this process.
        case full
        /// Every file was hashed by this process, and some are not what the manifest promises.
        case damaged
    }

    public var version: DatasetVersion { open.version }
    public var id: String { version.id }

    /// A refusal of this version, as of now.
    func refusal(_ kind: Refusal.Kind, _ reason: String) -> Refusal {
        Refusal(
            versionID: place.id, kind: kind, reason: reason, refusedAt: .now, by: "almanac serve",
            manifestSHA256: manifestSHA256)
    }

    /// How many keys there are, as the manifest says where there is one.
    public var keyCount: Int { version.keyCount.value }
}
