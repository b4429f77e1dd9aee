internal import Platform

/// Where the versions of one dataset live beside the server.
///
/// ```
/// versions/ID/manifest.json …files   sealed: never changed after the rename that put it there
/// incoming/ID/                       a download in progress; resumable, never served
/// current -> versions/ID             changed only by an atomic rename
/// quarantine/ID.json                 refused, with the reason
/// pinned.json                        the version to stay with, where somebody says so
/// serving.json                       what a server says that it serves
/// ```
///
/// A value of this type holds nothing open: each call looks at the disk, and any thread or process may make
/// it. Who changes `current` or deletes versions by a policy (the sidecar) holds ``lock()`` meanwhile.
public struct DataDirectory: Sendable, Equatable {
    public let path: String

    public init(path: String) {
        var trimmed = Substring(path)
        while trimmed.utf8.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
        self.path = String(trimmed)
    }

    public var versionsPath: String { "\(path)/versions" }
    public var incomingPath: String { "\(path)/incoming" }
    public var quarantinePath: String { "\(path)/quarantine" }
    public var currentPath: String { "\(path)/current" }

    public func versionPath(_ id: String) -> String { "\(versionsPath)/\(id)" }

    /// Where the download of a version is put together.
    public func incomingPath(of id: String) -> String { "\(incomingPath)/\(id)" }

    /// Whether there is a data directory at `path`, though perhaps without any version yet.
    public static func isPresent(at path: String) -> Bool {
        FileSystem.isDirectory("\(path)/versions")
            || ((try? FileSystem.status(of: "\(path)/current", followsLinks: false)) ?? nil) != nil
    }

    /// Whether versions are brought here by `almanac sync`, and not published here.
    public var isFollowing: Bool {
        FileSystem.isDirectory(incomingPath)
            // What cannot be looked at is not known to lead anywhere.
            || ((try? FileSystem.linkTarget(of: currentPath)) ?? nil) != nil
    }

    /// Makes the directories that are missing, the data directory itself among them but not what it is in.
    ///
    /// Everybody may read them, as the versions: a server may run as another user. Those that are there stay as they are.
    public func create() throws(DataDirectoryError) {
        for directory in [path, versionsPath, incomingPath, quarantinePath] {
            try step("cannot create \(directory)") { () throws(SystemError) in
                try FileSystem.makeSharedDirectory(directory)
            }
        }
    }

    // MARK: Versions

    /// The id that `current` leads to; `nil` where there is no `current`.
    ///
    /// - Throws: Where `current` is something else than a link to `versions/ID`.
    public func currentVersionID() throws(DataDirectoryError) -> String? {
        let target = try step("cannot read \(currentPath)") { () throws(SystemError) in
            try FileSystem.linkTarget(of: currentPath)
        }
        guard let target else {
            let status = try step("cannot read \(currentPath)") { () throws(SystemError) in
                try FileSystem.status(of: currentPath, followsLinks: false)
            }
            guard status == nil else { throw DataDirectoryError(.invalid, "\(currentPath) is no symbolic link") }
            return nil
        }
        let parent = FileSystem.parent(of: target)
        // However it is written, it must lead to where the versions are.
        let isInside = try step("cannot read \(currentPath)") { () throws(SystemError) in
            let place = try FileSystem.resolved(parent.hasPrefix("/") ? parent : "\(path)/\(parent)")
            return place == nil ? parent == "versions" : place == (try FileSystem.resolved(versionsPath))
        }
        guard isInside, let id = target.split(separator: "/").last.map(String.init), Manifest.isValidVersionID(id)
        else { throw DataDirectoryError(.invalid, "\(currentPath) leads to \(target), not to versions/ID") }
        return id
    }

    /// Has `current` lead to a version that is there, in one step that a power failure keeps whole.
    public func setCurrent(_ id: String) throws(DataDirectoryError) {
        // Held, so that nobody deletes it between the look and the step.
        let hold = try hold(id)
        defer { withExtendedLifetime(hold) {} }
        try step("cannot change \(currentPath)") { () throws(SystemError) in
            try FileSystem.replaceLink(at: currentPath, target: "versions/\(id)")
        }
    }

    /// Holds a version against deletion.
    ///
    /// - Throws: Kind `absent` where there is none, or where it is being deleted.
    func hold(_ id: String) throws(DataDirectoryError) -> VersionDirectory.Hold {
        guard try has(id), let hold = try VersionDirectory(path: versionPath(id)).hold() else {
            throw DataDirectoryError(.absent, "\(path) has no version \(id)")
        }
        return hold
    }

    /// Whether there is a sealed version of this id.
    public func has(_ id: String) throws(DataDirectoryError) -> Bool {
        guard Manifest.isValidVersionID(id) else { return false }
        return try step("cannot read \(versionPath(id))") { () throws(SystemError) in
            try FileSystem.status(of: "\(versionPath(id))/\(Manifest.fileName)")
        } != nil
    }

    /// The ids of all sealed versions, ascending, so that ids made of times are oldest first.
    public func versionIDs() throws(DataDirectoryError) -> [String] {
        try names(in: versionsPath).filter(Manifest.isValidVersionID)
    }

    /// The ids of all downloads that have begun.
    public func incomingIDs() throws(DataDirectoryError) -> [String] {
        try names(in: incomingPath).filter(Manifest.isValidVersionID)
    }

    /// A sealed version's manifest, and the bytes that it was read from.
    ///
    /// - Throws: Kind `absent` where there is none, `damaged` where it cannot be understood or names another id.
    public func manifest(of id: String) throws(DataDirectoryError) -> (manifest: Manifest, bytes: [UInt8]) {
        try requireVersionID(id)
        return try VersionDirectory(path: versionPath(id)).manifest(expecting: id)
    }

    /// Moves a whole, verified download to its place among the versions, read-only and beyond a power failure.
    ///
    /// - Parameter id: Of a directory in `incoming`, every file of which has been synced.
    /// - Throws: Kind `present` where there is such a version already.
    public func seal(_ id: String) throws(DataDirectoryError) {
        try requireVersionID(id)
        let incoming = incomingPath(of: id)
        guard try !has(id) else { throw DataDirectoryError(.present, "\(versionPath(id)) is there already") }
        try step("cannot seal \(incoming)") { () throws(SystemError) in
            try VersionDirectory.seal(incoming)
            try FileSystem.share(incoming)
            // Only what has no manifest makes way: nobody can have opened it.
            if try FileSystem.status(of: versionPath(id), followsLinks: false) != nil {
                try FileSystem.removeTree(grave(of: id))
                try FileSystem.rename(versionPath(id), to: grave(of: id))
            }
        }
        guard try !buries(id) else {
            // Somebody else put the same version there a moment ago.
            try step("cannot seal \(incoming)") { () throws(SystemError) in
                try FileSystem.rename(grave(of: id), to: versionPath(id))
            }
            throw DataDirectoryError(.present, "\(versionPath(id)) is there already")
        }
        try step("cannot seal \(incoming)") { () throws(SystemError) in
            // Refused where there is a directory with anything in it.
            try FileSystem.rename(incoming, to: versionPath(id))
            try FileSystem.syncDirectory(versionsPath)
            try FileSystem.syncDirectory(incomingPath)
            try FileSystem.removeTree(grave(of: id))
        }
    }

    /// Where a version is while it is being deleted: a name that no download has.
    private func grave(of id: String) -> String { "\(incomingPath)/.deleted-\(id)" }

    /// Whether a whole version is where only remains should be.
    private func buries(_ id: String) throws(DataDirectoryError) -> Bool {
        try step("cannot read \(grave(of: id))") { () throws(SystemError) in
            try FileSystem.status(of: "\(grave(of: id))/\(Manifest.fileName)")
        } != nil
    }

    /// Deletes a version that is not `current`, not pinned, and that no process has open.
    ///
    /// Seen from outside it goes in one step: it is moved to `incoming` under a name that no download has.
    ///
    /// - Returns: False where it is in use.
    public func delete(_ id: String) throws(DataDirectoryError) -> Bool {
        try requireVersionID(id)
        let directory = versionPath(id)
        guard try has(id) else {
            // Without a manifest nobody can have opened it: a deletion that was cut short.
            guard try currentVersionID() != id else { return false }
            try remove(directory)
            return true
        }
        let manifest = try step("cannot delete \(directory)") { () throws(SystemError) in
            try File(reading: "\(directory)/\(Manifest.fileName)")
        }
        let isUnused = try step("cannot delete \(directory)") { () throws(SystemError) in
            try manifest.lock(.exclusive)
        }
        // Looked at under the lock: whoever makes it current or pins it holds it meanwhile.
        guard isUnused, try currentVersionID() != id, try pin()?.versionID != id else { return false }
        try step("cannot delete \(directory)") { () throws(SystemError) in
            try FileSystem.removeTree(grave(of: id))
            try FileSystem.rename(directory, to: grave(of: id))
            try FileSystem.syncDirectory(versionsPath)
            try FileSystem.removeTree(grave(of: id))
        }
        return true
    }

    /// Removes what killed processes left: deletions that were cut short, and files that never reached their names.
    ///
    /// To be called under ``lock()`` only.
    public func removeLeftovers() throws(DataDirectoryError) {
        for name in try names(in: incomingPath) where name.hasPrefix(".deleted-") {
            try remove("\(incomingPath)/\(name)")
        }
        for directory in [path, quarantinePath] {
            for name in try names(in: directory) where FileSystem.isTemporary(name) {
                try remove("\(directory)/\(name)")
            }
        }
    }

    /// Removes a download.
    public func removeIncoming(_ id: String) throws(DataDirectoryError) {
        try requireVersionID(id)
        try remove(incomingPath(of: id))
    }

    // MARK: Locks

    /// The sole right to download, flip and delete, for as long as the value lives; any end of the process gives it back.
    public struct Lock: ~Copyable {
        fileprivate let file: File
    }

    /// - Throws: Kind `busy` where another process has the lock, naming it.
    public func lock() throws(DataDirectoryError) -> Lock {
        let path = "\(path)/.lock"
        let file = try step("cannot lock \(path)") { () throws(SystemError) in try File(writing: path) }
        let status = try step("cannot lock \(path)") { () throws(SystemError) in try file.status }
        // Its contents are about to be replaced: a second name would be that of somebody else's file.
        guard status.kind == .file, status.linkCount == 1 else {
            throw DataDirectoryError(.invalid, "\(path) is not a plain file of one name; remove it")
        }
        let isTaken = try step("cannot lock \(path)") { () throws(SystemError) in try file.lock(.exclusive) }
        guard isTaken else {
            // Who has it writes its process id there; a moment earlier the file may still be empty.
            let holder = ((try? FileSystem.read(path, byteCountMax: 64)) ?? nil) ?? []
            let name = String(decoding: holder, as: UTF8.self).filter(\.isNumber)
            throw DataDirectoryError(
                .busy,
                "another almanac sync\(name.isEmpty ? "" : ", process \(name),") works on \(self.path)")
        }
        try step("cannot write \(path)") { () throws(SystemError) in
            try file.replaceContents("\(ProcessStatistics.ownProcessID)\n")
        }
        return Lock(file: file)
    }

    // MARK: Small files

    /// What is no id could lead anywhere once it is part of a path.
    func requireVersionID(_ id: String) throws(DataDirectoryError) {
        guard Manifest.isValidVersionID(id) else {
            throw DataDirectoryError(.invalid, "\"\(id)\" is no version id")
        }
    }

    func names(in directory: String) throws(DataDirectoryError) -> [String] {
        do throws(SystemError) {
            return try FileSystem.names(in: directory)
        } catch let error where error.isAbsence {
            return []
        } catch {
            throw DataDirectoryError(error, "cannot read \(directory)")
        }
    }

    func remove(_ path: String) throws(DataDirectoryError) {
        try step("cannot remove \(path)") { () throws(SystemError) in try FileSystem.removeTree(path) }
    }
}

/// Says what an operating system's failure got in the way of.
func step<Value: ~Copyable>(
    _ action: @autoclosure () -> String, _ body: () throws(SystemError) -> Value
) throws(DataDirectoryError) -> Value {
    do throws(SystemError) {
        return try body()
    } catch {
        throw DataDirectoryError(error, action())
    }
}

/// What could not be done with a data directory or a version in it.
public struct DataDirectoryError: Error, Equatable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// Nothing there.
        case absent
        /// There already.
        case present
        /// There, but not what it should be.
        case damaged
        /// Of a newer release than this build.
        case unsupported
        /// Asked for something impossible, or found something that almanac did not make.
        case invalid
        /// Somebody else is at it.
        case busy
        /// The file system lets this process change nothing.
        case readOnly
        /// The disk is full.
        case full
        /// The operating system failed.
        case io
    }

    public let kind: Kind
    /// One line for an operator.
    public let description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    init(_ error: SystemError, _ action: String) {
        kind = error.isAbsence ? .absent : error.isFull ? .full : error.isReadOnly ? .readOnly : .io
        description = "\(action): \(error.reason)"
    }
}
