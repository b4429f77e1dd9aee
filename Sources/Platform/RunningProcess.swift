import Glibc

/// Another process, to be sent a signal.
public struct RunningProcess: Sendable, Equatable {
    public let id: Int

    /// `nil` where `id` can be no single process's.
    public init?(id: Int) {
        guard id > 0, id <= Int(Int32.max) else { return nil }
        self.id = id
    }

    /// The id that a pid file holds; `nil` where there is no such file, or something else is in it.
    public init?(pidFile path: String) throws(SystemError) {
        guard let bytes = try FileSystem.read(path, byteCountMax: 64) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        guard let id = Int(text), id != ProcessStatistics.ownProcessID else { return nil }
        self.init(id: id)
    }

    /// The first 15 bytes of the name of its program; `nil` where it is not running, or hidden from this process.
    public var commandName: String? {
        // Neither can be told from the other, and both mean that nothing is known.
        guard let bytes = (try? FileSystem.read("/proc/\(id)/comm", byteCountMax: 64)) ?? nil else { return nil }
        return String(decoding: bytes, as: UTF8.self).filter { !$0.isNewline }
    }

    /// Asks it to look at its data directories, by SIGHUP.
    ///
    /// - Returns: False where there is no such process.
    public func sendReload() throws(SystemError) -> Bool {
        do throws(SystemError) {
            try check("kill") { kill(Int32(id), SIGHUP) }
            return true
        } catch let error where error.code == ESRCH {
            return false
        }
    }
}
