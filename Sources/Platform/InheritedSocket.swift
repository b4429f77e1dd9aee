import Glibc

/// A socket to listen on that this process did not open as it listens: the service manager handed it over, or it was
/// opened while the process might.
///
/// It stays open until a ``Listener`` takes it over, once, and then as long as that.
public struct InheritedSocket: Sendable, Equatable {
    /// What the service manager calls it.
    public let name: String
    let number: Int32

    /// The sockets that the service manager handed over, as sd_listen_fds(3) describes it; none where it did not.
    ///
    /// No program that this process starts inherits them. To be called once.
    ///
    /// - Parameter environment: Of this process: `LISTEN_PID`, `LISTEN_FDS`, `LISTEN_FDNAMES`.
    /// - Returns: The sockets in their order.
    /// - Throws: Where fewer are open than the environment tells.
    public static func all(environment: [String: String]) throws(SystemError) -> [Self] {
        guard environment["LISTEN_PID"] == "\(getpid())",
            let count = environment["LISTEN_FDS"].flatMap({ Int32($0) }), 1...countMax ~= count
        else { return [] }
        let names = environment["LISTEN_FDNAMES"]?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        var sockets: [Self] = []
        for place in 0..<count {
            let number = firstNumber + place
            // Not by `check`: a number that is not open is the caller's mistake, not ours.
            guard fcntl(number, F_SETFD, FD_CLOEXEC) == 0, fcntl(number, F_SETFL, O_NONBLOCK) == 0 else {
                throw SystemError(call: "fcntl", code: errno)
            }
            sockets.append(Self(name: Int(place) < names.count ? String(names[Int(place)]) : "", number: number))
        }
        return sockets
    }

    /// Behind standard input, output and error.
    private static let firstNumber: Int32 = 3
    private static let countMax: Int32 = 64
}
