public import Platform
private import Synchronization

/// Answers HTTP requests for operators and their tools: few at a time, none of them large, each connection on a thread
/// of its own.
///
/// Takes GET and HEAD without a body. Accepts on a thread of its own, and ends connections that are too many or too
/// slow, before and beside what libmicrohttpd checks.
public final class HTTPServer: Sendable {
    /// Where it listens, ready for a log line.
    public let addresses: [String]
    private let listeners: [ListenerBox]
    private let limits: HTTPLimits
    private let answering: HTTPAnswering
    private let decrypt: Decryption?
    private let waker: Waker
    private let isStopping = Atomic<Bool>(false)
    private let acceptor = Mutex<Thread?>(nil)

    /// Listeners are not copyable, and an array's elements are.
    private final class ListenerBox: Sendable {
        let listener: Listener
        init(_ listener: consuming Listener) { self.listener = listener }
    }

    /// Makes of a connection what requests can be read from in the clear; waits for nothing.
    ///
    /// - Parameters:
    ///   - accepted: As it has come.
    ///   - place: To be held for as long as the connection costs anything.
    /// - Returns: `nil` where it cannot be, which ends the connection.
    public typealias Decryption = @Sendable (_ accepted: consuming Socket, _ place: ConnectionPlace) -> Socket?

    /// Listens at once, and answers after ``start()``.
    ///
    /// - Parameters:
    ///   - hosts: Numeric addresses; one that may be missing is passed over where the machine does not have it.
    ///   - port: Of all of them; 0 lets the kernel choose.
    ///   - sockets: Of TCP; listened on instead of all of them, if there are any.
    ///   - limits: What clients may have.
    ///   - decrypt: For what comes encrypted.
    ///   - answer: Called on the thread of the connection that asks, by many at once; may wait.
    /// - Throws: `EADDRINUSE` where the port is taken.
    public init(
        hosts: [(address: String, mayBeMissing: Bool)], port: UInt16, inheriting sockets: [InheritedSocket] = [],
        limits: HTTPLimits = HTTPLimits(), decrypt: Decryption? = nil,
        answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse
    ) throws(HTTPListenError) {
        listeners = try sockets.isEmpty ? Self.listeners(on: hosts, port) : Self.listeners(inheriting: sockets)
        self.port = listeners[0].listener.port
        addresses = listeners.map { $0.listener.address }
        do throws(SystemError) {
            waker = try Waker()
            answering = try HTTPAnswering(limits: limits, answer: answer)
        } catch {
            throw HTTPListenError(address: addresses[0], cause: error)
        }
        self.limits = limits
        self.decrypt = decrypt
    }

    /// At least one.
    private static func listeners(
        on hosts: [(address: String, mayBeMissing: Bool)], _ port: UInt16
    ) throws(HTTPListenError) -> [ListenerBox] {
        var listeners: [ListenerBox] = []
        var chosen = port
        for host in hosts {
            do throws(SystemError) {
                let listener = try Listener(host: host.address, port: chosen, backlog: backlog, sharesPort: false)
                chosen = listener.port
                listeners.append(ListenerBox(listener))
            } catch {
                guard error.isAddressUnavailable, host.mayBeMissing else {
                    throw HTTPListenError(host: host.address, port: chosen, cause: error)
                }
            }
        }
        guard !listeners.isEmpty else {
            throw HTTPListenError(
                host: hosts.first?.address ?? "any address", port: port, cause: .addressUnavailable("bind"))
        }
        return listeners
    }

    private static func listeners(inheriting sockets: [InheritedSocket]) throws(HTTPListenError) -> [ListenerBox] {
        var listeners: [ListenerBox] = []
        for socket in sockets {
            do throws(SystemError) {
                let listener = try Listener(inheriting: socket, backlog: backlog)
                // Who may ask, and how often, goes by addresses, which clients of a Unix socket do not have.
                guard listener.port != 0 else { throw SystemError.wrongSocketType("listen") }
                listeners.append(ListenerBox(listener))
            } catch {
                throw HTTPListenError(address: "\(socket)", cause: error)
            }
        }
        return listeners
    }

    /// Connections that may wait to be accepted.
    private static let backlog = 64

    /// Also where the kernel chose it.
    public let port: UInt16

    /// How many connections are open.
    public var connectionCount: Int { answering.table.count }

    /// Begins to answer; to be called once.
    ///
    /// - Throws: Where no thread is to be had.
    public func start() throws(HTTPListenError) {
        do throws(SystemError) {
            let thread = try Thread(name: "admin-accept") { [self] in accept() }
            acceptor.withLock { $0 = thread }
        } catch {
            throw HTTPListenError(address: addresses[0], cause: error)
        }
    }

    /// Ends all connections and gives the addresses up, but for answers that are being made.
    ///
    /// - Parameter timeout: How long to wait for those.
    /// - Returns: Whether every thread has ended; what is left may use all that it used.
    @discardableResult
    public func stop(timeout: Duration = .seconds(1)) -> Bool {
        isStopping.store(true, ordering: .releasing)
        waker.wake()
        acceptor.withLock { $0.take()?.join() }
        return answering.stop(deadline: Clock.monotonicNanoseconds() + timeout.wholeNanoseconds)
    }

    // MARK: The accepting thread

    private func accept() {
        do throws(SystemError) {
            var epoll = try Epoll(batchMax: 16)
            try waker.register(with: epoll, token: Epoll.Token(rawValue: 0))
            for box in listeners { try box.listener.register(with: epoll, token: Epoll.Token(rawValue: 1)) }
            var isLeavingSome = false
            while !isStopping.load(ordering: .acquiring) {
                // Also looks for those that are slow, and again for those that could not be accepted.
                _ = try epoll.wait(milliseconds: isLeavingSome ? 10 : answering.table.count > 0 ? 250 : 2_000)
                isLeavingSome = false
                for box in listeners where acceptAll(from: box.listener) { isLeavingSome = true }
                answering.table.endOverdue(now: Clock.monotonicNanoseconds())
            }
            for box in listeners { box.listener.unregister(from: epoll) }
        } catch {
            // Cannot be, once the epoll is open: every argument is ours.
            preconditionFailure("epoll: \(error)")
        }
    }

    /// - Returns: Whether some may have been left to wait until there is room.
    private func acceptAll(from listener: borrowing Listener) -> Bool {
        while !isStopping.load(ordering: .relaxed) {
            if answering.isMakingRoom() { return true }
            // Where the process has no descriptors left, the next look may be luckier.
            guard let accepted = (try? listener.accept()) ?? nil else { return false }
            let socket = Socket(owning: accepted)
            socket.configure(keepaliveSeconds: 0)
            answering.adopt(socket, decrypt: decrypt)
        }
        return false
    }
}

/// An address that an ``HTTPServer`` could not listen on.
public struct HTTPListenError: Error, CustomStringConvertible {
    /// Ready for a line: `127.0.0.1:9121`.
    public let address: String
    public let cause: SystemError

    init(address: String, cause: SystemError) {
        self.address = address
        self.cause = cause
    }

    init(host: String, port: UInt16, cause: SystemError) {
        self.init(address: "\(host.contains(":") ? "[\(host)]" : host):\(port)", cause: cause)
    }

    public var description: String { "cannot listen on \(address): \(cause.reason)" }
}
