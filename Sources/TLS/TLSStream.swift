public import Bytes
public import Platform

/// A session together with what its socket has not taken yet, for whoever waits by `poll`.
///
/// Calls read like those of ``Platform/Socket``, and neither waits for anything but ``shakeHands(over:timeout:)``.
/// Belongs to one thread at a time.
public final class TLSStream {
    private let session: TLSSession
    private var received = ByteBuffer()
    private var output = ByteBuffer()
    private var hasEnded = false
    /// Bytes that sockets have taken, encrypted, since the beginning.
    public private(set) var sentByteCount = 0

    public init(_ session: TLSSession) { self.session = session }

    /// Why the session failed, if it did.
    public var failure: TLSError? { session.failure }

    /// Whether both sides have shaken hands; plaintext can be sent from then on.
    public var isEstablished: Bool { session.isEstablished }

    /// Whether ``flush(to:)`` has something to send, for which `poll` should wait for output.
    public var wantsOutput: Bool { !output.isEmpty }

    /// Appends what has arrived on `socket`, decrypted, to `buffer`; answers the handshake on the way.
    ///
    /// - Returns: `wouldBlock` also where what has arrived holds no plaintext; ask again before waiting. `failed`
    ///   with EPROTO where ``failure`` says why.
    public func receive(
        from socket: borrowing Socket, into buffer: inout ByteBuffer, byteCountMax: Int = 64 << 10
    ) -> Socket.Transfer {
        guard !hasEnded else { return .end }
        while true {
            received.removeAll()
            let transfer = socket.receive(into: &received, byteCountMax: byteCountMax)
            guard case .bytes = transfer else {
                if received.capacity > 0 { received.release() }
                return transfer
            }
            let before = buffer.count
            let outcome = session.receive(received.span, into: &buffer, sending: &output)
            if let failed = flush(to: socket) { return failed }
            hasEnded = outcome == .ended
            if buffer.count > before { return .bytes(buffer.count - before) }
            switch outcome {
            case .open: continue
            case .ended: return .end
            case .failed: return .failed(Self.protocolError)
            }
        }
    }

    /// Encrypts all of `bytes`, which must not be empty, and sends what `socket` takes.
    ///
    /// - Returns: `wouldBlock` where the socket has not taken all that was given before, or the handshake is under
    ///   way: nothing of `bytes` was taken then.
    public func send(_ bytes: Span<UInt8>, to socket: borrowing Socket) -> Socket.Transfer {
        if let failed = flush(to: socket) { return failed }
        guard session.failure == nil else { return .failed(Self.protocolError) }
        guard output.isEmpty, session.isEstablished else { return .wouldBlock }
        guard session.send(bytes, into: &output) else { return .failed(Self.protocolError) }
        return flush(to: socket) ?? .bytes(bytes.count)
    }

    /// Sends what waits, as far as `socket` takes it; `nil` unless the connection is gone.
    public func flush(to socket: borrowing Socket) -> Socket.Transfer? {
        while !output.isEmpty {
            switch socket.send(output.span) {
            case .bytes(let count):
                output.removeFirst(count)
                sentByteCount += count
            case .wouldBlock: return nil
            case .end: return .end
            case .failed(let code): return .failed(code)
            }
        }
        if output.capacity > 0 { output.release() }
        return nil
    }

    /// Tells the peer that nothing more will come, as far as `socket` takes it.
    public func close(over socket: borrowing Socket) {
        session.close(sending: &output)
        _ = flush(to: socket)
    }

    /// Shakes hands, as client or server, and waits for the peer.
    ///
    /// - Parameters:
    ///   - socket: The connection.
    ///   - timeout: How long the peer may be silent at any step.
    ///   - early: Where what the peer sent right behind its handshake is appended.
    /// - Throws: ``TLSError``.
    public func shakeHands(
        over socket: borrowing Socket, timeout: Duration, early: inout ByteBuffer
    ) throws(TLSError) {
        if session.receive(Span(), into: &early, sending: &output) == .failed {
            throw session.failure ?? TLSError("TLS")
        }
        while !isEstablished || wantsOutput {
            if case let failed? = flush(to: socket) { throw Self.broken(failed) }
            if isEstablished, !wantsOutput { return }
            guard socket.wait(forOutput: wantsOutput, timeout: timeout) else {
                throw TLSError("no answer to the TLS handshake")
            }
            switch receive(from: socket, into: &early) {
            case .bytes, .wouldBlock: continue
            case .end: throw TLSError("the connection was closed during the TLS handshake")
            case .failed(let code):
                throw session.failure ?? Self.broken(.failed(code))
            }
        }
    }

    private static func broken(_ transfer: Socket.Transfer) -> TLSError {
        guard case .failed(let code) = transfer else { return TLSError("the connection was closed") }
        return TLSError("the connection broke: \(SystemError(call: "", code: code).reason)")
    }

    /// EPROTO of Linux.
    private static let protocolError: Int32 = 71
}
