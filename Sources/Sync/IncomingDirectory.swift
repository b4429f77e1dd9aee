internal import Datasets
internal import Platform

/// `incoming/ID`: where the files of a version are put together.
struct IncomingDirectory {
    let path: String
    let manifest: Manifest

    private static let companions: Set<String> = [Manifest.fileName, VersionDirectory.signatureFileName]

    /// Makes the directory, or takes the one over that an earlier attempt at the same manifest has left.
    ///
    /// - Parameters:
    ///   - manifestBytes: Written first: they tell the next process what the directory is for.
    ///   - signature: Of the manifest, where there is one.
    /// - Throws: Kind `inputOutput`.
    func begin(manifestBytes: [UInt8], signature: [UInt8]?) throws(SyncError) {
        let manifestPath = "\(path)/\(Manifest.fileName)"
        try write { () throws(SystemError) in
            // A link would lead all that is written elsewhere, whatever manifest is there.
            let isDirectory = try FileSystem.status(of: path, followsLinks: false)?.kind == .directory
            let found = isDirectory ? try Self.plainFile(manifestPath) : nil
            if found != manifestBytes {
                // Of nothing that is known, or of other bytes that were published under the same id.
                try FileSystem.removeTree(path)
                try FileSystem.makeSharedDirectory(path)
                try FileSystem.write(manifestBytes, to: manifestPath)
            }
            let signaturePath = "\(path)/\(VersionDirectory.signatureFileName)"
            if let signature {
                try FileSystem.write(signature, to: signaturePath)
            } else {
                try FileSystem.remove(signaturePath)
            }
            try FileSystem.remove("\(path)/\(VersionDirectory.sealFileName)")
            // What is above sorts before what is below.
            for directory in manifest.fileDirectories.sorted() { try makeDirectory("\(path)/\(directory)") }
        }
    }

    /// The bytes of a file; `nil` where there is none, or something else in its place.
    private static func plainFile(_ path: String) throws(SystemError) -> [UInt8]? {
        guard try FileSystem.status(of: path, followsLinks: false)?.kind == .file else { return nil }
        return try FileSystem.read(path, byteCountMax: VersionDirectory.manifestByteCountMax)
    }

    private func makeDirectory(_ directory: String) throws(SystemError) {
        // A link in its place would lead what is written below it elsewhere.
        if let status = try FileSystem.status(of: directory, followsLinks: false), status.kind != .directory {
            try FileSystem.remove(directory)
        }
        try FileSystem.makeSharedDirectory(directory)
    }

    /// Gives a file of a sealed version a second name here, in place of what has that name.
    ///
    /// - Returns: False where the file system cannot, or the file has all the names that it can have.
    func link(_ original: String, as file: Manifest.File) throws(SyncError) -> Bool {
        let path = "\(path)/\(file.path)"
        do throws(SystemError) {
            try FileSystem.removeTree(path)
            try FileSystem.link(original, as: path)
            return true
        } catch let error where error.isFull {
            throw SyncError(error, "cannot link \(path)")
        } catch {
            // Downloading it is always possible.
            return false
        }
    }

    /// Sees to it that what has a file's name may be written into, or is gone.
    ///
    /// A second name is one in a sealed version, whose bytes are not to be touched. A file of one name that is read-only
    /// is whole: a process was killed while it sealed the version.
    func makeWritable(_ file: Manifest.File) throws(SyncError) {
        let path = "\(path)/\(file.path)"
        try write { () throws(SystemError) in
            guard let status = try FileSystem.status(of: path, followsLinks: false) else { return }
            guard status.kind == .file, status.linkCount == 1 else { return try FileSystem.removeTree(path) }
            if status.mode & 0o200 == 0 { try FileSystem.unseal(path) }
        }
    }

    /// Removes those of `files` that are there in their size and with other bytes.
    func removeWrong(_ files: [Manifest.File]) throws(SyncError) {
        for problem in FileVerifier(directory: path).checkContents(files) ?? [] {
            guard case .digest = problem.reason else { continue }
            try write { () throws(SystemError) in try FileSystem.remove("\(path)/\(problem.path)") }
        }
    }

    /// Removes what the manifest does not list, since engines read what lies beside their files, and waits until the
    /// bytes of every file are on the disk.
    func finish() throws(SyncError) {
        try removeStrangers(below: "", directories: manifest.fileDirectories, files: Set(manifest.files.map(\.path)))
        try write { () throws(SystemError) in
            for file in manifest.files { try File(reading: "\(path)/\(file.path)").sync() }
        }
    }

    private func removeStrangers(
        below prefix: String, directories: Set<Substring>, files: Set<String>
    ) throws(SyncError) {
        for name in try write({ () throws(SystemError) in try FileSystem.names(in: "\(path)/\(prefix)") }) {
            let relative = prefix + name
            if directories.contains(relative[...]) {
                try removeStrangers(below: "\(relative)/", directories: directories, files: files)
            } else if !files.contains(relative), !Self.companions.contains(relative) {
                try write { () throws(SystemError) in try FileSystem.removeTree("\(path)/\(relative)") }
            }
        }
    }

    private func write<Value>(_ body: () throws(SystemError) -> Value) throws(SyncError) -> Value {
        try SyncError.system("cannot write in \(path)", body)
    }
}
