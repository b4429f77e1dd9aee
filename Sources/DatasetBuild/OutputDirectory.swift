internal import Bytes
internal import Datasets
internal import Glibc

/// The directory being built, which appears at its path whole or not at all.
///
/// Until ``commit()`` everything is in a hidden directory, `.NAME.partial-…`, beside it unless another place on
/// the same file system is named, so that the last step is one rename. The hidden directory is removed when this
/// value goes away; only a process killed outright leaves one behind, and it may be deleted by hand.
struct OutputDirectory: ~Copyable {
    /// Where the dataset's files are written.
    let dataPath: String
    /// Where sorted runs are written.
    let runsPath: String

    private let path: String
    private let parent: String
    private let partialPath: String
    /// Directories above the output that were missing, the outermost first; gone again if nothing appears in them.
    private var madeParents: [String] = []

    /// Makes the hidden directory, in `workDirectory` or beside the output.
    ///
    /// An error where something is at `path` already, or nothing can be made there.
    static func make(_ path: String, workDirectory: String? = nil) throws(BuildError) -> OutputDirectory {
        var trimmed = Substring(path)
        while trimmed.utf8.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
        let name = trimmed.split(separator: "/").last.map(String.init) ?? ""
        guard !name.isEmpty, name != ".", name != ".." else {
            throw BuildError(.usage, "--output \"\(path)\" does not name a directory that could be made")
        }
        let beside = String(trimmed.dropLast(name.count))
        var output = OutputDirectory(
            path: String(trimmed), parent: beside, name: name, workPrefix: workDirectory.map { "\($0)/" } ?? beside)
        guard !FileTree.exists(output.path) else {
            throw BuildError(
                .usage, "\(output.path) exists; a version is never overwritten: name another one or remove it")
        }
        try output.makeParents()
        for directory in [output.partialPath, output.dataPath, output.runsPath] {
            try FileTree.makeDirectory(directory)
        }
        return output
    }

    private init(path: String, parent: String, name: String, workPrefix: String) {
        self.path = path
        self.parent = parent.isEmpty ? "." : parent
        let suffix = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        // A name may have 255 bytes.
        let shown = name.utf8.count <= 200 ? name : String(name.prefix(40))
        partialPath = "\(workPrefix).\(shown).partial-\(suffix)"
        dataPath = "\(partialPath)/data"
        runsPath = "\(partialPath)/runs"
    }

    deinit {
        FileTree.remove(partialPath)
        for directory in madeParents.reversed() { FileTree.removeEmptyDirectory(directory) }
    }

    private mutating func makeParents() throws(BuildError) {
        var missing: [String] = []
        var directory = Substring(parent)
        while true {
            while directory.utf8.count > 1, directory.hasSuffix("/") { directory = directory.dropLast() }
            guard !directory.isEmpty, !FileTree.exists(String(directory)) else { break }
            missing.append(String(directory))
            directory = directory.prefix(through: directory.lastIndex(of: "/") ?? directory.startIndex)
            guard directory.hasSuffix("/") else { break }
        }
        for directory in missing.reversed() {
            try FileTree.makeDirectory(directory)
            madeParents.append(directory)
        }
        guard FileTree.isDirectory(parent) else {
            throw BuildError(.usage, "\(parent), where the output should appear, is no directory")
        }
    }

    /// Makes what was written last beyond a power failure, and lets it appear at its path.
    consuming func commit() throws(BuildError) {
        try FileTree.sync(dataPath)
        // A directory that was made there meanwhile survives unless it is empty: rename(2) refuses.
        try FileTree.rename(dataPath, to: path)
        for directory in madeParents.reversed() { try FileTree.sync("\(directory)/..") }
        try FileTree.sync(parent)
    }

    /// Seals every file there is by now, with `jobs` threads, and lists them with their digests.
    ///
    /// Calls `progress` with the number of bytes hashed since the last call.
    func sealFiles(
        jobs: Int, _ progress: (Int) throws(BuildError) -> Void
    ) throws(BuildError) -> [Manifest.File] {
        try FileSealing(dataPath, try FileTree.names(in: dataPath)).run(jobs: jobs, progress)
    }

    /// How many bytes the files written so far have.
    var byteCount: Int {
        get throws(BuildError) {
            var total = 0
            for name in try FileTree.names(in: dataPath) {
                total += try BuildFile(reading: "\(dataPath)/\(name)").byteCount
            }
            return total
        }
    }

    /// Adds the manifest, its signature where there is a key, and the word that every byte has been checked.
    ///
    /// The files' digests were made of what was read back, and the directory keeps its inode when it is renamed.
    func finish(_ manifest: Manifest, signingKey: SigningKey?) throws(BuildError) {
        let text: [UInt8]
        do {
            text = try manifest.encoded()
        } catch {
            throw BuildError(.inputOutput, "cannot write \(Manifest.fileName): \(error.description)")
        }
        let file = try BuildFile(creating: "\(dataPath)/\(Manifest.fileName)")
        try file.write(text.span)
        try file.seal()
        let version = VersionDirectory(path: dataPath)
        do throws(DataDirectoryError) {
            if let signingKey { _ = try version.sign(with: signingKey) }
            try version.markVerified(manifestSHA256: SHA256.digest(of: text.span), at: manifest.created)
        } catch {
            throw BuildError(.inputOutput, error.description)
        }
    }
}
