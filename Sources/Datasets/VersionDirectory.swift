internal import FoundationEssentials
internal import Glibc
internal import Platform

/// The directory that holds one version's files and its manifest.
public struct VersionDirectory: Sendable, Equatable {
    public let path: String

    public init(path: String) { self.path = path }

    /// Bytes of a manifest that are read at most: some 500,000 files' worth.
    public static let manifestByteCountMax = 64 << 20

    /// The manifest, and the bytes that it was read from.
    ///
    /// - Parameter id: The version that it must be of, if that is known.
    /// - Returns: Both, as the manifest was found.
    /// - Throws: Kind `absent` where there is none, `damaged` where it cannot be understood or names another id.
    public func manifest(
        expecting id: String? = nil
    ) throws(DataDirectoryError) -> (manifest: Manifest, bytes: [UInt8]) {
        let file = "\(path)/\(Manifest.fileName)"
        let bytes = try step("cannot read \(file)") { () throws(SystemError) -> [UInt8]? in
            // A link could lead to what changes while the version is held, and anything else is no manifest.
            guard let status = try FileSystem.status(of: file, followsLinks: false) else { return nil }
            return status.kind == .file ? try FileSystem.read(file, byteCountMax: Self.manifestByteCountMax) : []
        }
        guard let bytes else { throw DataDirectoryError(.absent, "\(path) has no \(Manifest.fileName)") }
        guard !bytes.isEmpty else {
            throw DataDirectoryError(.damaged, "\(file) is empty, or no plain file")
        }
        let manifest: Manifest
        do throws(ManifestError) {
            manifest = try Manifest.decode(bytes)
        } catch {
            throw DataDirectoryError(error.isUnsupported ? .unsupported : .damaged, "\(file): \(error.description)")
        }
        guard id == nil || manifest.versionID == id else {
            throw DataDirectoryError(.damaged, "\(file) is of version \(manifest.versionID), not \(id ?? "")")
        }
        return (manifest, bytes)
    }

    /// Checks that every file of `manifest` is there, is a plain file, and has the size promised.
    ///
    /// - Throws: Kind `damaged`, naming the first file that is not as promised.
    public func checkSizes(_ manifest: Manifest) throws(DataDirectoryError) {
        for file in manifest.files {
            let path = "\(path)/\(file.path)"
            let status = try step("cannot read \(path)") { () throws(SystemError) in
                // A link could lead out of the version, to what may change; so could one on the way.
                var parent = FileSystem.parent(of: file.path)
                while parent != "." {
                    let status = try FileSystem.status(of: "\(self.path)/\(parent)", followsLinks: false)
                    guard status?.kind == .directory else { return status }
                    parent = FileSystem.parent(of: parent)
                }
                return try FileSystem.status(of: path, followsLinks: false)
            }
            guard let status else { throw DataDirectoryError(.damaged, "\(path) is missing") }
            guard status.kind == .file else { throw DataDirectoryError(.damaged, "\(path) is not a plain file") }
            guard status.byteCount == file.bytes else {
                throw DataDirectoryError(
                    .damaged, "\(path) has \(status.byteCount) bytes, its manifest says \(file.bytes)")
            }
        }
    }

    /// Files that the manifest does not list; engines read what lies beside their files, such as a write-ahead log.
    ///
    /// Hidden files, which no engine reads, and what goes with the manifest are passed over.
    ///
    /// - Returns: Their paths within the version, ascending.
    /// - Throws: Where a directory cannot be read.
    public func unlistedFiles(_ manifest: Manifest) throws(DataDirectoryError) -> [String] {
        let listed = Set(manifest.files.map(\.path))
        let beside: Set<String> = [Manifest.fileName, Self.sealFileName, Self.signatureFileName]
        return try step("cannot read \(path)") { () throws(SystemError) in try Self.files(below: path, as: "") }
            .filter { !listed.contains($0) && !beside.contains($0) && !$0.hasPrefix(".") }
    }

    private static func files(below directory: String, as prefix: String) throws(SystemError) -> [String] {
        var paths: [String] = []
        for name in try FileSystem.names(in: directory) {
            let entry = "\(directory)/\(name)"
            if try FileSystem.status(of: entry, followsLinks: false)?.kind == .directory {
                paths += try files(below: entry, as: "\(prefix)\(name)/")
            } else {
                paths.append(prefix + name)
            }
        }
        return paths
    }

    /// Makes every file and directory below `path` read-only, and waits until their names are on the disk.
    ///
    /// Links are left alone: what they lead to is not the version's.
    static func seal(_ path: String) throws(SystemError) {
        for name in try FileSystem.names(in: path) {
            let entry = "\(path)/\(name)"
            let kind = try FileSystem.status(of: entry, followsLinks: false)?.kind
            if kind == .directory { try seal(entry) }
            if kind == .directory || kind == .file { try FileSystem.seal(entry) }
        }
        try FileSystem.syncDirectory(path)
        // The directory itself stays writable for its owner until it has been renamed: some file systems ask for that.
    }

    // MARK: In use

    /// Tells other processes that a version is open, for as long as the value lives; any end of the process lets go.
    public final class Hold: Sendable {
        private let file: File

        fileprivate init(_ file: consuming File) { self.file = file }
    }

    /// Holds the version against deletion.
    ///
    /// - Returns: `nil` where it is being deleted, or has no manifest to hold.
    public func hold() throws(DataDirectoryError) -> Hold? {
        do throws(SystemError) {
            let file = try File(reading: "\(path)/\(Manifest.fileName)")
            guard try file.lock(.shared) else { return nil }
            // It may have been moved away between the opening and the lock.
            let opened = try file.status
            guard let named = try FileSystem.status(of: "\(path)/\(Manifest.fileName)"), named.inode == opened.inode,
                named.device == opened.device
            else { return nil }
            return Hold(file)
        } catch let error where error.isAbsence {
            return nil
        } catch {
            throw DataDirectoryError(error, "cannot hold \(path)")
        }
    }

    // MARK: Seal

    /// What vouches that every byte was checked against the manifest after it was written: `verified.json`.
    ///
    /// It names the directory's inode, which a copy of the directory does not have: a copy must be checked anew.
    private struct Seal: Codable {
        var manifestSHA256: SHA256Digest
        var directoryInode: UInt64
        var verifiedAt: ManifestTime

        enum CodingKeys: String, CodingKey {
            case manifestSHA256 = "manifest_sha256"
            case directoryInode = "directory_inode"
            case verifiedAt = "verified_at"
        }
    }

    public static let sealFileName = "verified.json"

    /// The signature of the manifest's bytes, where the publisher has signed them.
    public static let signatureFileName = "manifest.sig"

    /// Whether whoever put the version here has checked every byte of it.
    public func isVerified(manifestSHA256: SHA256Digest) -> Bool {
        guard let bytes = (try? FileSystem.read("\(path)/\(Self.sealFileName)", byteCountMax: 4_096)) ?? nil,
            let seal = try? JSONDecoder().decode(Seal.self, from: Data(bytes)),
            let status = (try? FileSystem.status(of: path)) ?? nil
        else { return false }
        return seal.manifestSHA256 == manifestSHA256 && seal.directoryInode == status.inode
    }

    /// Vouches for every byte; to be called by whoever has just checked them, before the version is sealed.
    public func markVerified(manifestSHA256: SHA256Digest, at time: ManifestTime) throws(DataDirectoryError) {
        let file = "\(path)/\(Self.sealFileName)"
        do throws(SystemError) {
            guard let status = try FileSystem.status(of: path) else { throw SystemError(call: "stat", code: ENOENT) }
            let seal = Seal(manifestSHA256: manifestSHA256, directoryInode: status.inode, verifiedAt: time)
            let json = (try? JSONEncoder().encode(seal)) ?? Data()
            try FileSystem.write(Array(json) + [UInt8(ascii: "\n")], to: file, mode: 0o444)
        } catch {
            throw DataDirectoryError(error, "cannot write \(file)")
        }
    }
}
