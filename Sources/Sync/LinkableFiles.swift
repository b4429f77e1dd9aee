internal import Datasets
internal import Platform

/// Files of versions that are here already, by what is in them.
///
/// A builder that works deterministically leaves most files as they were from one version to the next; those get a second name
/// rather than being downloaded, and keep their place in the page cache.
struct LinkableFiles {
    private struct Contents: Hashable {
        var sha256: SHA256Digest
        var bytes: Int

        init(_ file: Manifest.File) { (sha256, bytes) = (file.sha256, file.bytes) }
    }

    private var paths: [Contents: String] = [:]

    /// Looks for `wanted` in every version that was checked byte by byte after it came here, newest first.
    ///
    /// A version that was found damaged since lends nothing, and neither does one that cannot be read.
    init(in directory: DataDirectory, wanted: [Manifest.File]) throws(SyncError) {
        var missing = Set(wanted.lazy.filter { $0.bytes > 0 }.map(Contents.init))
        for id in try SyncError.disk({ () throws(DataDirectoryError) in try directory.versionIDs() }).reversed() {
            guard !missing.isEmpty else { return }
            guard Self.isTrusted(id, in: directory), let (manifest, bytes) = try? directory.manifest(of: id),
                VersionDirectory(path: directory.versionPath(id)).isVerified(
                    manifestSHA256: SHA256.digest(of: bytes.span))
            else { continue }
            for file in manifest.files {
                let contents = Contents(file)
                let path = "\(directory.versionPath(id))/\(file.path)"
                guard missing.contains(contents), Self.isPlainFile(path, bytes: file.bytes) else { continue }
                paths[contents] = path
                missing.remove(contents)
            }
        }
    }

    /// Where there is such a file; `nil` where there is none.
    func path(of file: Manifest.File) -> String? { paths[Contents(file)] }

    private static func isTrusted(_ id: String, in directory: DataDirectory) -> Bool {
        do throws(DataDirectoryError) {
            guard let refusal = try directory.refusal(of: id) else { return true }
            return refusal.kind.canBeForced || refusal.kind == .signature
        } catch {
            return false
        }
    }

    private static func isPlainFile(_ path: String, bytes: Int) -> Bool {
        // What cannot be looked at is not linked to.
        guard let status = (try? FileSystem.status(of: path, followsLinks: false)) ?? nil else { return false }
        return status.kind == .file && status.byteCount == bytes
    }
}
