internal import Datasets

extension Manifest {
    /// More files than this are no dataset but an attack, or a mistake.
    static let publishedFileCountMax = 100_000
    /// 1 PiB: beyond any disk, and far from where sums overflow.
    static let publishedByteCountMax = 1 << 50

    /// Reads the manifest that a source gave for the version `id`.
    ///
    /// Whoever can write to the source wrote it, so nothing in it may reach beyond the version's directory, or fill
    /// memory or the disk's table of files.
    ///
    /// - Throws: Kind `badData`, with what is wrong.
    static func published(_ bytes: [UInt8], as id: String, at object: String) throws(SyncError) -> Manifest {
        let manifest: Manifest
        do throws(ManifestError) {
            manifest = try Manifest.decode(bytes)
        } catch {
            throw SyncError(.badData, "\(object): \(error.description)")
        }
        guard manifest.versionID == id else {
            throw SyncError(.badData, "\(object) is of version \(manifest.versionID), not \(id)")
        }
        if let problem = manifest.publicationProblem { throw SyncError(.badData, "\(object): \(problem)") }
        return manifest
    }

    /// Why the files listed could not be put side by side on a disk; `nil` where they can.
    var publicationProblem: String? {
        guard files.count <= Self.publishedFileCountMax else {
            return "it lists \(files.count) files; at most \(Self.publishedFileCountMax) are taken"
        }
        var left = Self.publishedByteCountMax
        for file in files {
            guard file.bytes <= left else {
                return "its files have more than \(Self.publishedByteCountMax) bytes together"
            }
            left -= file.bytes
            let parts = file.path.split(separator: "/")
            guard parts.count <= 16, file.path.utf8.count <= 1_024, parts.allSatisfy({ $0.utf8.count <= 255 }) else {
                return "files: \"\(file.path.prefix(80))…\" is too long or too deep"
            }
        }
        let directories = fileDirectories
        // A path that is a file in one line and a directory in another can be only one of them.
        let names =
            files.map(\.path) + [Self.fileName, VersionDirectory.sealFileName, VersionDirectory.signatureFileName]
        guard let both = names.first(where: { directories.contains($0[...]) }) else { return nil }
        return "files: \"\(both)\" is both a file and a directory"
    }

    /// Every directory that a file is in, relative to the version's own, which is not among them.
    var fileDirectories: Set<Substring> {
        var directories: Set<Substring> = []
        for file in files {
            var path = file.path[...]
            while let slash = path.lastIndex(of: "/") {
                path = path[..<slash]
                directories.insert(path)
            }
        }
        return directories
    }

    /// What all files have together.
    var fileByteCount: Int { files.reduce(0) { $0 + $1.bytes } }
}
