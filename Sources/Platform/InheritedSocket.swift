import Glibc

/// A socket to listen on that this process did not open as it listens: the service manager handed it over, or it was
/// opened while the process might.
///
/// It stays open until a ``Listener`` takes it over, once, and then as long as that.
public struct InheritedSocket: Sendable, Equatable, CustomStringConvertible {
    /// What the service manager calls it; `nil` where it names none.
    public let name: String?
    let number: Int32

    /// For a message: `inherited socket "admin"`.
    public var description: String { "inherited socket \(name.map { "\"\($0)\"" } ?? "\(number - Self.firstNumber)")" }

    /// The sockets that the service manager handed over, as sd_listen_fds(3) describes it; none where it did not.
    ///
    /// No program that this process starts inherits them. To be called once.
    ///
    /// - Parameter environment: Of this process: `LISTEN_PID`, `LISTEN_FDS`, `LISTEN_FDNAMES`.
    /// - Returns: The sockets in their order.
    /// - Throws: ``HandoverError`` where fewer are open, or more or fewer are named, than the environment promises.
    public static func all(environment: [String: String]) throws(HandoverError) -> [Self] {
        guard environment["LISTEN_PID"] == "\(getpid())", let promise = environment["LISTEN_FDS"] else { return [] }
        guard let count = Int(promise), 0...countMax ~= count else {
            throw HandoverError("LISTEN_FDS is \"\(promise)\", which is no number from 0 to \(countMax)")
        }
        guard count > 0 else { return [] }
        let names = environment["LISTEN_FDNAMES"]?.split(separator: ":", omittingEmptySubsequences: false)
        if let names, names.count != count {
            throw HandoverError("LISTEN_FDS promises \(count) sockets, and LISTEN_FDNAMES names \(names.count)")
        }
        var sockets: [Self] = []
        for place in 0..<count {
            let number = firstNumber + Int32(place)
            // Not by `check`: a number that is not open is the caller's mistake, not ours.
            guard fcntl(number, F_SETFD, FD_CLOEXEC) == 0, fcntl(number, F_SETFL, O_NONBLOCK) == 0 else {
                let reason = SystemError(call: "fcntl", code: errno).reason
                throw HandoverError("LISTEN_FDS: the sockets that it promises cannot be had: \(reason)")
            }
            sockets.append(Self(name: names.map { String($0[place]) }, number: number))
        }
        return sockets
    }

    /// Behind standard input, output and error.
    private static let firstNumber: Int32 = 3
    private static let countMax = 64
}

/// A promise of sockets in this process's environment that is not kept.
public struct HandoverError: Error, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
