internal import Glibc
internal import Platform

/// Directories and what is in them.
enum FileTree {
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0
    }

    static func isDirectory(_ path: String) -> Bool { FileSystem.isDirectory(path) }

    /// The size of a plain file, `nil` for anything else that can be read.
    static func plainByteCount(_ path: String) throws(BuildError) -> Int? {
        var status = stat()
        guard unsafe stat(path, &status) == 0, unsafe access(path, R_OK) == 0 else {
            throw BuildError.system("read", path, errno)
        }
        return status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    }

    static func makeDirectory(_ path: String) throws(BuildError) {
        guard unsafe mkdir(path, 0o755) == 0 else { throw BuildError.system("create", path, errno) }
    }

    /// The names in a directory, sorted.
    static func names(in directory: String) throws(BuildError) -> [String] {
        do throws(SystemError) {
            return try FileSystem.names(in: directory)
        } catch {
            throw BuildError.system("read", directory, error.code)
        }
    }

    /// Removes `path` and everything below it, going on past what cannot be removed.
    ///
    /// Called on the way out of a failure, the cause of which is what the operator must hear of.
    static func remove(_ path: String) {
        guard unsafe unlink(path) != 0, errno == EISDIR || errno == EPERM else { return }
        // A directory that cannot be read is left, and rmdir says nothing new about it.
        for name in (try? names(in: path)) ?? [] { remove("\(path)/\(name)") }
        _ = unsafe rmdir(path)
    }

    /// Removes a directory that has nothing in it, and leaves any other.
    static func removeEmptyDirectory(_ path: String) { _ = unsafe rmdir(path) }

    /// Waits until the names in a directory are on the disk.
    static func sync(_ directory: String) throws(BuildError) {
        try BuildFile(reading: directory).sync()
    }

    static func rename(_ path: String, to target: String) throws(BuildError) {
        do throws(SystemError) {
            try FileSystem.rename(path, to: target)
        } catch {
            throw BuildError.system("create", target, error.code)
        }
    }
}
