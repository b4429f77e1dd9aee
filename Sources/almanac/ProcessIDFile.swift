internal import ArgumentParser
internal import FoundationEssentials
private import Glibc
internal import Platform

/// The file of the setting `pid-file`, there for as long as this value lives.
struct ProcessIDFile: ~Copyable {
    private let path: String
    private let text: String

    /// Writes the id of this process, so that a reader finds the whole of it or what was there before.
    init(path: String) throws(CommandFailure) {
        self.path = path
        text = "\(getpid())\n"
        guard Self.mayReplace(path) else {
            throw CommandFailure(.ioError, "pid-file: \(path) holds something else than a process id; remove it first")
        }
        do {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            let cause = (error as? CocoaError)?.underlying as? POSIXError
            let reason = cause.map { SystemError(call: "write", code: $0.code.rawValue).reason } ?? "\(error)"
            throw CommandFailure(.ioError, "pid-file: \(path) cannot be written: \(reason)")
        }
    }

    /// Whether nothing is at `path`, or what another run of a server left there: never a device or foreign data.
    private static func mayReplace(_ path: String) -> Bool {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return true }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= 32 else { return false }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return false }
        return text.allSatisfy { $0.isNumber || $0.isNewline }
    }

    deinit { remove() }

    /// Takes the file away now.
    func remove() {
        // A server started since may have put its own id there; and one that is gone already is gone.
        guard (try? String(contentsOfFile: path, encoding: .utf8)) == text else { return }
        try? FileManager.default.removeItem(atPath: path)
    }
}
