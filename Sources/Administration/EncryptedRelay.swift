internal import Bytes
internal import HTTP
internal import Platform
internal import TLS

/// Carries the bytes of one encrypted connection to and from whoever speaks in the clear, on a thread of its own.
///
/// So the admin port has the certificates, the choices and the reload of the Redis port. The other side closes what is
/// silent for too long, a handshake that does not end included; a client that does not take what it is sent is ended
/// here, since the other side has long been rid of it. Until then the connection keeps its place among those that there
/// may be.
final class EncryptedRelay {
    private let outer: Socket
    private let inner: Socket
    private let stream: TLSStream
    /// Decrypted, for `inner`.
    private var request = ByteBuffer()
    /// For `outer`, to be encrypted.
    private var response = ByteBuffer()
    private var hasOuterEnded = false
    private var hasInnerEnded = false
    /// Until when the client must take some of what waits for it, in nanoseconds of the monotonic clock; `nil` while
    /// nothing does.
    private var stallDeadline: UInt64?
    /// What it had taken when that was set.
    private var sentByteCount = 0
    /// Until when the client must have taken all, once nothing more is to come.
    private var lastBytesDeadline: UInt64?

    private let place: ConnectionPlace

    private init(
        _ outer: consuming Socket, _ inner: consuming Socket, _ session: TLSSession, _ place: ConnectionPlace
    ) {
        self.outer = outer
        self.inner = inner
        self.place = place
        stream = TLSStream(session)
    }

    /// Begins to carry; returns at once.
    ///
    /// - Parameters:
    ///   - accepted: Where the client is.
    ///   - context: To encrypt with.
    ///   - place: Held until all that the connection had is given back.
    /// - Returns: The other side, in the clear; `nil` where no thread or socket is to be had, which ends the connection.
    static func start(_ accepted: consuming Socket, _ context: TLSContext, _ place: ConnectionPlace) -> Socket? {
        // Fails only where the process can open no more; the connection then ends.
        guard let (clear, inner) = try? Socket.connectedPair() else { return nil }
        let outer = accepted.relinquish().relinquish()
        let thread = try? Thread(name: "admin-tls") {
            let outer = Socket(owning: FileDescriptor(owning: outer))
            let inner = Socket(owning: FileDescriptor(owning: inner))
            // Fails only where there is no memory.
            guard let session = try? TLSSession(context) else { return }
            EncryptedRelay(outer, inner, session, place).run()
        }
        guard let thread else {
            for number in [clear, inner, outer] { _ = FileDescriptor(owning: number) }
            return nil
        }
        thread.detach()
        return Socket(owning: FileDescriptor(owning: clear))
    }

    private func run() {
        // Without an epoll there is no connection.
        guard var epoll = try? Epoll(batchMax: 4) else { return }
        do throws(SystemError) {
            try epoll.add(outer.descriptor.rawValue, token: Epoll.Token(rawValue: 0))
            try epoll.add(inner.descriptor.rawValue, token: Self.innerToken)
            while carry(), let milliseconds = timeLeft(now: Clock.monotonicNanoseconds()) {
                let count = try epoll.wait(milliseconds: milliseconds)
                for index in 0..<count {
                    let event = epoll[event: index]
                    // Told at once, however much of the answers is still to be read.
                    guard event.token == Self.innerToken, event.isEnding, lastBytesDeadline == nil else { continue }
                    lastBytesDeadline = Clock.monotonicNanoseconds() + Self.limits.responseTimeout.wholeNanoseconds
                }
            }
        } catch {
            return
        }
        stream.close(over: outer)
    }

    /// How many milliseconds there may be nothing to carry; -1 for as long as the other side likes.
    ///
    /// Nothing that the client sends gives it more time, only what it takes.
    ///
    /// - Returns: `nil` once time is up.
    private func timeLeft(now: UInt64) -> Int32? {
        if response.isEmpty, !stream.wantsOutput {
            stallDeadline = nil
        } else if stallDeadline == nil || stream.sentByteCount != sentByteCount {
            stallDeadline = now + Self.limits.idleTimeout.wholeNanoseconds
            sentByteCount = stream.sentByteCount
        }
        let deadline = min(stallDeadline ?? .max, lastBytesDeadline ?? .max)
        guard deadline < .max else { return -1 }
        guard deadline > now else { return nil }
        // A whole one at least, so as not to spin through the last.
        return Int32((deadline - now) / 1_000_000) + 1
    }

    /// Carries all that can be carried without waiting; whether there may be more.
    private func carry() -> Bool {
        var isMoving = true
        while isMoving {
            isMoving = false
            guard carryRequest(&isMoving), carryResponse(&isMoving) else { return false }
        }
        return !(hasInnerEnded && response.isEmpty && !stream.wantsOutput)
    }

    private func carryRequest(_ isMoving: inout Bool) -> Bool {
        if request.isEmpty, !hasOuterEnded {
            switch stream.receive(from: outer, into: &request) {
            case .bytes: isMoving = true
            case .wouldBlock: break
            case .end:
                hasOuterEnded = true
                inner.shutDownWriting()
            case .failed: return false
            }
        }
        guard !request.isEmpty else { return true }
        switch inner.send(request.span) {
        case .bytes(let count):
            request.removeFirst(count)
            isMoving = true
        case .wouldBlock: break
        case .end, .failed:
            // Nobody reads requests any more; what has been answered still goes out.
            request.removeAll()
            hasOuterEnded = true
        }
        return true
    }

    private func carryResponse(_ isMoving: inout Bool) -> Bool {
        if response.isEmpty, !hasInnerEnded {
            switch inner.receive(into: &response, byteCountMax: Self.pieceBytes) {
            case .bytes: isMoving = true
            case .wouldBlock: break
            case .end, .failed: hasInnerEnded = true
            }
        }
        guard !response.isEmpty else { return stream.flush(to: outer) == nil }
        switch stream.send(response.span, to: outer) {
        case .bytes:
            response.removeAll()
            isMoving = true
        case .wouldBlock: break
        case .end, .failed: return false
        }
        return true
    }

    private static let pieceBytes = 64 << 10
    private static let innerToken = Epoll.Token(rawValue: 1)
    /// Those of the other side.
    private static let limits = HTTPLimits()
}
