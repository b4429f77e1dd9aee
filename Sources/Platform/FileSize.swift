import Glibc

/// Sizes of files.
public enum FileSize {
    /// The bytes of the file at `path`, links followed; `nil` where there is no file to be had.
    public static func bytes(ofFile path: String) -> Int? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_size : nil
    }

    /// The bytes of the plain file at `path`, links followed.
    ///
    /// - Throws: ``SystemError``; for a directory `EISDIR`.
    public static func bytes(of path: String) throws(SystemError) -> Int {
        var status = stat()
        try check("stat") { unsafe stat(path, &status) }
        guard status.st_mode & S_IFMT != S_IFDIR else { throw SystemError(call: "stat", code: EISDIR) }
        return Int(status.st_size)
    }
}
