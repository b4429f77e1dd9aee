/// A file that holds a password and nothing else but a line end, rather than showing it in a list of processes.
public enum SecretFile {
    /// Why a file holds none that can be used.
    public struct Failure: Error, CustomStringConvertible {
        /// The path and what is wrong with it; never what the file holds.
        public let description: String
    }

    /// The password in the file at `path`; waits for the disk.
    public static func read(_ path: String) throws(Failure) -> String {
        func failure(_ reason: String) -> Failure { Failure(description: "\(path) \(reason)") }
        let bytes: [UInt8]?
        do throws(SystemError) {
            bytes = try FileSystem.read(path, byteCountMax: byteCountMax)
        } catch {
            throw failure("cannot be read: \(error.reason)")
        }
        guard var bytes else { throw failure("does not exist") }
        while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard let password = String(validating: bytes, as: UTF8.self) else { throw failure("is not UTF-8 text") }
        guard !password.isEmpty else { throw failure("is empty") }
        guard !password.utf8.contains(UInt8(ascii: "\n")) else { throw failure("has more than one line") }
        return password
    }

    private static let byteCountMax = 4_096
}
