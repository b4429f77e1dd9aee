import Bytes
import Glibc

/// Files and directories by path: one call of the kernel's each, or few, and what failed as an error.
///
/// Any thread may call; all of it may wait for the disk, so loops do not.
public enum FileSystem {
    /// What is at a path.
    public struct Status: Sendable, Equatable {
        public enum Kind: Sendable { case file, directory, link, other }

        public var kind: Kind
        public var byteCount: Int
        /// What the file takes up on the disk: less than its size where it has holes, more where room was set aside.
        public var allocatedByteCount: Int
        /// The number of the file within its file system.
        public var inode: UInt64
        /// The file system.
        public var device: UInt64
        public var linkCount: Int
        /// Permission bits.
        public var mode: UInt32
        /// In nanoseconds since 1970.
        public var modifiedAt: Int

        init(_ status: stat) {
            kind =
                switch status.st_mode & S_IFMT {
                case S_IFREG: .file
                case S_IFDIR: .directory
                case S_IFLNK: .link
                default: .other
                }
            byteCount = Int(status.st_size)
            allocatedByteCount = Int(status.st_blocks) * 512
            inode = UInt64(status.st_ino)
            device = UInt64(status.st_dev)
            linkCount = Int(status.st_nlink)
            mode = UInt32(status.st_mode) & 0o7777
            modifiedAt = status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
        }
    }

    /// `nil` where nothing is there.
    public static func status(of path: String, followsLinks: Bool = true) throws(SystemError) -> Status? {
        var status = stat()
        do throws(SystemError) {
            try check("stat") { unsafe followsLinks ? stat(path, &status) : lstat(path, &status) }
        } catch let error where error.isAbsence {
            return nil
        }
        return Status(status)
    }

    /// Whether something is at `path`, links followed, that this process can get at.
    public static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Whether this process may run what is at `path`.
    public static func isProgram(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 }

    public static func isDirectory(_ path: String) -> Bool {
        // What cannot be looked at is no directory to work in.
        (try? status(of: path))?.kind == .directory
    }

    /// Makes a directory of permissions `mode`, before the process's mask, unless there is one.
    public static func makeDirectory(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
        do throws(SystemError) {
            try check("mkdir") { unsafe mkdir(path, mode) }
        } catch let error where error.code == EEXIST && isDirectory(path) {}
    }

    /// Makes a directory that its owner may change and everybody read, whatever the process's mask, unless there is one.
    ///
    /// One that is there keeps its permissions.
    public static func makeSharedDirectory(_ path: String) throws(SystemError) {
        guard !isDirectory(path) else { return }
        try makeDirectory(path)
        try share(path)
    }

    /// Lets everybody read and enter a directory, and its owner change it.
    public static func share(_ path: String) throws(SystemError) {
        try check("chmod") { unsafe chmod(path, 0o755) }
    }

    /// The names in a directory, ascending.
    public static func names(in directory: String) throws(SystemError) -> [String] {
        guard let stream = unsafe opendir(directory) else { throw SystemError(call: "opendir", code: errno) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            // The end and a failure differ in `errno` alone.
            errno = 0
            guard let entry = unsafe readdir(stream) else { break }
            // Safety: the kernel ends `d_name` with a zero byte, and the entry is valid until the next readdir.
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
            }
            if name != ".", name != ".." { names.append(name) }
        }
        let code = errno
        guard code == 0 else { throw SystemError(call: "readdir", code: code) }
        return names.sorted()
    }

    /// Removes what is at `path` and everything below it, made writable where that is needed; links are not followed.
    public static func removeTree(_ path: String) throws(SystemError) {
        guard let status = try status(of: path, followsLinks: false) else { return }
        guard status.kind == .directory else { return try remove(path) }
        // A sealed directory lets nobody remove what is in it.
        if status.mode & 0o700 != 0o700 { try check("chmod") { unsafe chmod(path, 0o700) } }
        for name in try names(in: path) { try removeTree("\(path)/\(name)") }
        try check("rmdir") { unsafe rmdir(path) }
    }

    /// Removes a file or a link, if it is there.
    public static func remove(_ path: String) throws(SystemError) {
        do throws(SystemError) {
            try check("unlink") { unsafe unlink(path) }
        } catch let error where error.isAbsence {}
    }

    /// Replaces what is at `target`, in one step that is seen whole or not at all.
    public static func rename(_ path: String, to target: String) throws(SystemError) {
        try check("rename") { unsafe Glibc.rename(path, target) }
    }

    /// Gives a file a second name, which must be free.
    public static func link(_ path: String, as name: String) throws(SystemError) {
        try check("link") { unsafe Glibc.link(path, name) }
    }

    /// What a symbolic link says; `nil` where there is none.
    public static func linkTarget(of path: String) throws(SystemError) -> String? {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        do throws(SystemError) {
            let count = try check("readlink") { unsafe readlink(path, &target, target.count) }
            return String(decoding: target.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        } catch let error where error.isAbsence || error.code == EINVAL {
            return nil
        }
    }

    /// Where `path` leads once every link in it has been followed; `nil` where that is nothing.
    public static func resolved(_ path: String) throws(SystemError) -> String? {
        guard let found = unsafe realpath(path, nil) else {
            let error = SystemError(call: "realpath", code: errno)
            guard error.isAbsence else { throw error }
            return nil
        }
        defer { unsafe free(found) }
        return unsafe String(cString: found)
    }

    /// Has the symbolic link at `path` lead to `target`, in one step, beyond a power failure.
    public static func replaceLink(at path: String, target: String) throws(SystemError) {
        let temporary = temporaryName(beside: path)
        try check("symlink") { unsafe symlink(target, temporary) }
        try moveIntoPlace(temporary, path)
    }

    /// Writes a small file in one step, beyond a power failure: a reader sees all of it, or what was there before.
    ///
    /// Its permissions are `mode`, whatever the process's mask, where the file system has permissions.
    ///
    /// - Parameters:
    ///   - bytes: All of the file.
    ///   - path: Where it is to be.
    ///   - mode: Its permissions, before the process's mask.
    ///   - isDurable: False for what may be lost with the power: then nothing waits for the disk.
    /// - Throws: What failed; what was there before is still there then.
    public static func write(
        _ bytes: [UInt8], to path: String, mode: UInt32 = 0o644, isDurable: Bool = true
    ) throws(SystemError) {
        let temporary = temporaryName(beside: path)
        do throws(SystemError) {
            let file = try File(creating: temporary, mode: mode)
            // A file system without permissions may refuse; what is written matters more.
            _ = fchmod(file.descriptor.rawValue, mode)
            try file.write(bytes.span)
            if isDurable { try file.sync() }
        } catch {
            _ = unsafe unlink(temporary)
            throw error
        }
        try moveIntoPlace(temporary, path, isDurable: isDurable)
    }

    /// Writes a small file where none is, beyond a power failure; one that is there is left as it is.
    public static func writeNew(_ bytes: [UInt8], to path: String, mode: UInt32) throws(SystemError) {
        let file = try File(creating: path, mode: mode)
        do throws(SystemError) {
            try file.write(bytes.span)
            try file.sync()
        } catch {
            _ = unsafe unlink(path)
            throw error
        }
        try syncDirectory(parent(of: path))
    }

    private static func moveIntoPlace(
        _ temporary: String, _ path: String, isDurable: Bool = true
    ) throws(SystemError) {
        do throws(SystemError) {
            try rename(temporary, to: path)
        } catch {
            _ = unsafe unlink(temporary)
            throw error
        }
        if isDurable { try syncDirectory(parent(of: path)) }
    }

    /// Beside the target, so that the rename stays within one file system; hidden, and known by ``isTemporary(_:)``.
    private static func temporaryName(beside path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? "file"
        return "\(parent(of: path))/.\(name)\(temporaryMark)\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
    }

    private static let temporaryMark = ".tmp-"

    /// Whether a file of this name was left behind by a process that was killed in the middle of a replacement.
    public static func isTemporary(_ name: String) -> Bool { name.hasPrefix(".") && name.contains(temporaryMark) }

    /// The directory that `path` is in.
    public static func parent(of path: String) -> String {
        var trimmed = Substring(path)
        while trimmed.utf8.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }

    /// All of a file.
    ///
    /// - Returns: `nil` where there is none.
    /// - Throws: `EFBIG` where it has more than `byteCountMax` bytes, `EISDIR` or `EINVAL` where it is no plain file.
    public static func read(_ path: String, byteCountMax: Int) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            return try File(reading: path).readAll(byteCountMax: byteCountMax)
        } catch let error where error.isAbsence {
            return nil
        }
    }

    /// Waits until the names in a directory are on the disk.
    public static func syncDirectory(_ path: String) throws(SystemError) {
        try File(path: path, O_RDONLY | O_DIRECTORY).sync()
    }

    /// Lets everybody read a file or directory, and nobody write to it.
    public static func seal(_ path: String) throws(SystemError) {
        let isDirectory = isDirectory(path)
        try check("chmod") { unsafe chmod(path, isDirectory ? 0o555 : 0o444) }
    }

    /// Lets the owner of a file write into it again.
    public static func unseal(_ path: String) throws(SystemError) {
        try check("chmod") { unsafe chmod(path, 0o644) }
    }

    /// Bytes that an unprivileged process may still write to the file system that `path` is on.
    public static func availableBytes(at path: String) throws(SystemError) -> Int {
        var status = statvfs()
        try check("statvfs") { unsafe statvfs(path, &status) }
        // Some file systems have no end, and say so with the largest number there is.
        let (bytes, isOverflowing) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return isOverflowing ? Int.max : Int(clamping: bytes)
    }
}

extension SystemError {
    /// Whether it says that something is not there.
    public var isAbsence: Bool { code == ENOENT || code == ENOTDIR }

    /// Whether it says that something is there already.
    public var isPresence: Bool { code == EEXIST || code == ENOTEMPTY }

    /// Whether the disk, or a quota, is full.
    public var isFull: Bool { code == ENOSPC || code == EDQUOT }

    /// Whether the file system, or its permissions, allow no change.
    public var isReadOnly: Bool { code == EROFS || code == EACCES || code == EPERM }
}
