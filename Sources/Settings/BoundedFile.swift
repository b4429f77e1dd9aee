private import Glibc

/// Reads files that ought to be small.
enum BoundedFile {
    struct Failure: Error {
        /// What is wrong with the file, to follow its path.
        let text: String
    }

    /// The whole of a file, pipe or descriptor path of at most `bytesMax` bytes.
    ///
    /// Foundation would read a device without end, and nothing at all from a pipe, such as a shell's `<(…)`.
    static func bytes(ofFile path: String, bytesMax: Int) throws(Failure) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
        var filled = 0
        while filled < bytes.count {
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                // Safety: `filled` is less than the buffer's count, so there is room behind it.
                unsafe read(descriptor, buffer.baseAddress.unsafelyUnwrapped + filled, buffer.count - filled)
            }
            let code = errno
            if count == 0 { break }
            if count > 0 {
                filled += count
            } else if code != EINTR {
                throw failure(code)
            }
        }
        guard filled <= bytesMax else {
            throw Failure(text: "is larger than \(SettingText.text(ofByteCount: bytesMax))")
        }
        bytes.removeSubrange(filled...)
        return bytes
    }

    private static func failure(_ code: Int32) -> Failure {
        Failure(text: "cannot be read: \(unsafe String(cString: strerror(code)))")
    }
}
