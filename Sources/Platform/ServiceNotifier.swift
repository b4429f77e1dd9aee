import CLinux
import Glibc

/// Tells the service manager that started this process how it is doing, as sd_notify(3) describes it.
///
/// For any thread.
public struct ServiceNotifier: Sendable {
    /// A file's path, or `@` and a name without a file.
    private let path: String
    /// How long the service manager waits for a sign of life before it ends this process; `nil`: it wants none.
    public let watchdogTimeout: Duration?

    public enum News: Sendable {
        /// What was asked for at the start, or by a signal since, is done.
        case ready
        case reloading
        case stopping
        case alive
        /// A line for people; line breaks become spaces.
        case status(String)
    }

    /// `nil` where nobody wants to be told.
    ///
    /// - Parameter environment: Where the service manager names its socket (`NOTIFY_SOCKET`) and how often it wants to
    ///   hear from this process (`WATCHDOG_USEC`, `WATCHDOG_PID`).
    public init?(environment: [String: String]) {
        guard let path = environment["NOTIFY_SOCKET"], path.utf8.count > 1, path.first == "/" || path.first == "@"
        else { return nil }
        self.path = path
        let isForUs = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
        let microseconds = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        watchdogTimeout = isForUs && microseconds > 0 ? .microseconds(microseconds) : nil
    }

    /// Sends all of `news` at once; waits a second at most where the service manager is behind with reading.
    ///
    /// - Throws: Where it cannot be told.
    public func tell(_ news: [News]) throws(SystemError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw SystemError(call: "sendto", code: ENAMETOOLONG)
        }
        // A name without a file begins with a zero byte, and ends where the address does.
        if name[0] == UInt8(ascii: "@") { name[0] = 0 } else { name.append(0) }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let text = news.map(Self.lines).joined(separator: "\n")

        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let socket = FileDescriptor(owning: try check("socket") { Glibc.socket(AF_UNIX, kind, 0) })
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        try check("setsockopt") {
            unsafe setsockopt(
                socket.rawValue, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        let number = socket.rawValue
        try check("sendto") {
            unsafe withUnsafePointer(to: &address) { address in
                unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe sendto(number, text, text.utf8.count, Int32(MSG_NOSIGNAL), $0, length)
                }
            }
        }
    }

    private static func lines(_ news: News) -> String {
        switch news {
        case .ready: "READY=1"
        // The time tells this reload from an earlier one.
        case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(Clock.monotonicNanoseconds() / 1_000)"
        case .stopping: "STOPPING=1"
        case .alive: "WATCHDOG=1"
        case .status(let text): "STATUS=" + String(text.map { $0.isNewline ? " " : $0 })
        }
    }
}
