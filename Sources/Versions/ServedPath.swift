public import Datasets
internal import Platform
internal import Settings

/// What an operator named to be served: a data directory, a version's directory, or a link to one.
public struct ServedPath: Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    /// The data directory that it is; `nil` where it is something else.
    ///
    /// Looked at anew each time: a sidecar may make it after the server has started.
    public var dataDirectory: DataDirectory? {
        DataDirectory.isPresent(at: path) ? DataDirectory(path: path) : nil
    }

    /// What changes when another version is announced: `current`, or the path itself where that is a link.
    public var announcingLink: (directory: String, name: String) {
        if let dataDirectory { return (dataDirectory.path, "current") }
        return (FileSystem.parent(of: path), path.split(separator: "/").last.map(String.init) ?? path)
    }

    /// The version that is to be served: where `current` leads, or the path itself.
    ///
    /// Links are followed once, so that a later change of one cannot mix the files of two versions.
    ///
    /// - Returns: Its place, which may turn out to hold nothing that can be served.
    /// - Throws: Kind `absent` where there is nothing, or a data directory without `current`.
    func announced() throws(DataDirectoryError) -> VersionPlace {
        guard let directory = dataDirectory else {
            guard !isEmptyDirectory else {
                throw DataDirectoryError(.absent, "\(path) is empty; no version has been announced")
            }
            return try resolved(path, id: nil)
        }
        guard let id = try directory.currentVersionID() else {
            throw DataDirectoryError(.absent, "\(directory.currentPath) is not there; no version has been announced")
        }
        return try resolved(directory.versionPath(id), id: id)
    }

    /// The version that the dataset is to stay with, whatever is announced; `nil` where there is none.
    func pinned() throws(DataDirectoryError) -> VersionPlace? {
        guard let pin = try dataDirectory?.pin() else { return nil }
        return try pinned(to: pin.versionID)
    }

    /// A version that the dataset is known to be pinned to.
    func pinned(to id: String) throws(DataDirectoryError) -> VersionPlace {
        if let dataDirectory, try !dataDirectory.has(id) {
            let path = dataDirectory.path
            throw DataDirectoryError(
                .absent, "\(path) is pinned to version \(id), which is gone: 'almanac unpin \(path)', or pin another")
        }
        return try version(id)
    }

    /// Whether it may become a data directory yet, such as a volume on which nobody has written.
    private var isEmptyDirectory: Bool {
        // What cannot be listed is no such volume; to open it tells why.
        (try? FileSystem.names(in: path))?.allSatisfy { $0 == "lost+found" } ?? false
    }

    /// A version of the data directory.
    func version(_ id: String) throws(DataDirectoryError) -> VersionPlace {
        guard let directory = dataDirectory else {
            throw DataDirectoryError(.invalid, "\(path) is no data directory; it holds one version")
        }
        guard try directory.has(id) else { throw DataDirectoryError(.absent, "there is no version \(id)") }
        return try resolved(directory.versionPath(id), id: id)
    }

    private func resolved(_ path: String, id: String?) throws(DataDirectoryError) -> VersionPlace {
        let found: String?
        let status: FileSystem.Status?
        do throws(SystemError) {
            found = try FileSystem.resolved(path)
            status = if let found { try FileSystem.status(of: found) } else { nil }
        } catch {
            throw DataDirectoryError(.io, "cannot read \(path): \(error.reason)")
        }
        guard let found, let status else { throw DataDirectoryError(.absent, "\(path) is not there") }
        return VersionPlace(
            path: found, inode: status.inode,
            id: id ?? found.split(separator: "/").last.map(String.init) ?? found, isInDataDirectory: id != nil)
    }
}

/// The directory of one version.
struct VersionPlace: Sendable, Equatable {
    /// Without links in it.
    var path: String
    /// Of the directory: another that took its name is another place.
    var inode: UInt64
    /// The directory's name.
    var id: String
    /// Whether it is one of a data directory's, where the manifest must be there and agree with the name.
    var isInDataDirectory: Bool

    /// Of the manifest's bytes, whether they can be understood or not; `nil` where there are none to read.
    var manifestSHA256: SHA256Digest? {
        let file = "\(path)/\(Manifest.fileName)"
        let bytes = (try? FileSystem.read(file, byteCountMax: VersionDirectory.manifestByteCountMax)) ?? nil
        return bytes.map { SHA256.digest(of: $0.span) }
    }
}

extension Refusal {
    /// Whether it is of what lies at `place` now, and not of other bytes that bore the same id.
    func isStill(of place: VersionPlace) -> Bool {
        guard let manifestSHA256, let found = place.manifestSHA256 else { return true }
        return manifestSHA256 == found
    }

    /// Whether it needs no second look: which signatures count is a matter of keys and settings, and quickly seen.
    var isFinal: Bool { kind != .signature }
}
