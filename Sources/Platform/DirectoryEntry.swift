import Glibc

/// What can be done to files by their paths alone.
public enum DirectoryEntry {
    /// Whether something is at `path`, links followed, that this process can get at.
    public static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Whether this process may run what is at `path`.
    public static func isProgram(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 }

    /// Removes the file at `path`, if there is one.
    public static func remove(_ path: String) throws(SystemError) {
        do {
            try check("unlink") { unsafe unlink(path) }
        } catch {
            guard error.code == ENOENT else { throw error }
        }
    }

    /// Gives the file at `path` a second name, which nothing may have yet (`EEXIST`).
    public static func link(_ path: String, to name: String) throws(SystemError) {
        try check("link") { unsafe Glibc.link(path, name) }
    }

    /// Renames atomically; what had the name is replaced.
    public static func rename(_ path: String, to name: String) throws(SystemError) {
        try check("rename") { unsafe Glibc.rename(path, name) }
    }

    /// Makes the directory at `path`, if there is none yet.
    public static func makeDirectory(_ path: String) throws(SystemError) {
        do {
            try check("mkdir") { unsafe mkdir(path, 0o755) }
        } catch {
            guard error.code == EEXIST else { throw error }
        }
    }
}
