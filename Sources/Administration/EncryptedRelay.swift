internal import Bytes
internal import Platform
internal import TLS

/// Carries the bytes of one encrypted connection to and from whoever speaks in the clear, on a thread of its own.
///
/// So the admin port has the certificates, the choices and the reload of the Redis port. It sets no deadline of its own:
/// the other side closes what is silent for too long, a handshake that does not end included.
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

    private init(_ outer: consuming Socket, _ inner: consuming Socket, _ session: TLSSession) {
        self.outer = outer
        self.inner = inner
        stream = TLSStream(session)
    }

    /// Begins to carry; returns at once.
    ///
    /// - Returns: The other side, in the clear; `nil` where no thread or socket is to be had, which ends the connection.
    static func start(_ accepted: consuming Socket, _ context: TLSContext) -> Socket? {
        // Fails only where the process can open no more; the connection then ends.
        guard let (clear, inner) = try? Socket.connectedPair() else { return nil }
        let outer = accepted.relinquish().relinquish()
        let thread = try? Thread(name: "admin-tls") {
            let outer = Socket(owning: FileDescriptor(owning: outer))
            let inner = Socket(owning: FileDescriptor(owning: inner))
            // Fails only where there is no memory.
            guard let session = try? TLSSession(context) else { return }
            EncryptedRelay(outer, inner, session).run()
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
            try epoll.add(inner.descriptor.rawValue, token: Epoll.Token(rawValue: 1))
            while carry() {
                // Once the answers are over, a client that does not take the rest has only so long.
                guard try epoll.wait(milliseconds: hasInnerEnded ? Self.lastBytesMilliseconds : -1) > 0 else { break }
            }
        } catch {
            return
        }
        stream.close(over: outer)
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
        case .end, .failed: return false
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
    private static let lastBytesMilliseconds: Int32 = 10_000
}
