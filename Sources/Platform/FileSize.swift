import Glibc

/// Sizes of files.
public enum FileSize {
    /// The bytes of the file at `path`, links followed; `nil` where there is no file to be had.
    public static func bytes(ofFile path: String) -> Int? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status.st_size : nil
    }
}
