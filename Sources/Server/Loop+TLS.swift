import Bytes
import Commands
import Logging
import Platform
import RESP
import ServerMetrics
import TLS

/// Encrypted connections: what is received and sent is the same, with a session between it and the socket.
///
/// Ciphertext is made as soon as there are replies, so that what waits for a client is always what its socket takes
/// next, encrypted or not, and limits and back-pressure are the same for both.
extension Loop {
    /// Connections of this loop that are shaking hands, which costs work and memory before anyone is known.
    struct Handshakes {
        /// How many there are.
        var count = 0
        /// The oldest first, among others that have ended since.
        var tokens = Ring<Epoll.Token>()
        /// The turn that ``spentNanoseconds`` were spent in, by its time.
        var turn: UInt64 = 0
        var spentNanoseconds: UInt64 = 0
        /// When the next failure may be logged.
        var nextFailureNote: UInt64 = 0
    }

    /// The session of a connection that has just come; `nil` where there can be none, and the connection must go.
    @inline(never)
    func makeTLSSession() -> TLSSession? {
        guard let context = group.tls.current else { return nil }
        do throws(TLSError) {
            return try TLSSession(context)
        } catch {
            logger.warning("cannot encrypt a connection", metadata: ["cause": "\(error)"])
            return nil
        }
    }

    /// Counts a new connection among those that shake hands; where they are too many, the oldest of them goes.
    func beginHandshake(of connection: Connection) {
        while handshakes.count >= limits.handshakesMax, !handshakes.tokens.isEmpty {
            guard let oldest = self.connection(for: handshakes.tokens.removeFirst()), oldest.isShakingHands else {
                continue
            }
            endHandshake(of: oldest, by: "others that came later")
        }
        connection.isShakingHands = true
        handshakes.count += 1
        handshakes.tokens.append(connection.token)
    }

    /// Closes those that have not shaken hands in time.
    func endLateHandshakes() {
        while let token = handshakes.tokens.oldest {
            if let connection = connection(for: token), connection.isShakingHands {
                let elapsed = Clock.nanoseconds(from: connection.openedAt, to: context.now)
                guard elapsed >= limits.handshakeNanoseconds else { return }
                endHandshake(of: connection, by: "tls-handshake-timeout")
            }
            _ = handshakes.tokens.removeFirst()
        }
    }

    private func endHandshake(of connection: Connection, by cause: String) {
        noteFailedHandshake(of: connection, cause)
        close(connection)
    }

    /// Keeps the log from growing at the pace of whoever knocks.
    private func noteFailedHandshake(of connection: Connection, _ cause: String) {
        metrics.tls.failedHandshakes.add()
        guard context.now >= handshakes.nextFailureNote else { return }
        handshakes.nextFailureNote = context.now + 1_000_000_000
        logger.info(
            "a TLS handshake failed", metadata: ["client": "\(connection.addresses.peer)", "cause": "\(cause)"])
    }

    /// Whether this turn has time for another step of a handshake, which takes up to a millisecond.
    private var hasTimeForHandshake: Bool {
        handshakes.turn != context.now || handshakes.spentNanoseconds < Self.handshakeNanosecondsMax
    }

    /// As ``receive(from:)``, for an encrypted connection.
    ///
    /// Answers `wouldBlock` where nothing has come to be understood, even though more may have come.
    @inline(never)
    func receiveEncrypted(from connection: Connection) -> Socket.Transfer {
        guard let tls = connection.tls, tls.failure == nil else { return .failed(0) }
        if connection.isShakingHands {
            guard hasTimeForHandshake else { return .wouldBlock }
            return shakeHands(with: connection, by: tls)
        }
        return decrypt(from: connection, by: tls)
    }

    private func shakeHands(with connection: Connection, by tls: TLSSession) -> Socket.Transfer {
        let start = Clock.monotonicNanoseconds()
        let transfer = decrypt(from: connection, by: tls)
        if handshakes.turn != context.now { (handshakes.turn, handshakes.spentNanoseconds) = (context.now, 0) }
        handshakes.spentNanoseconds += Clock.monotonicNanoseconds() - start
        if tls.isEstablished, !connection.isClosed {
            metrics.tls.handshakes.add()
            forgetHandshake(of: connection)
        } else if let failure = tls.failure {
            noteFailedHandshake(of: connection, failure.description)
        }
        return transfer
    }

    private func decrypt(from connection: Connection, by tls: TLSSession) -> Socket.Transfer {
        swap(&input, &ciphertext)
        input.removeAll()
        let transfer = receiveBytes(from: connection)
        swap(&input, &ciphertext)
        guard case .bytes = transfer else { return transfer }
        encrypted.removeAll()
        let outcome = tls.receive(ciphertext.span, into: &input, sending: &encrypted)
        if !encrypted.isEmpty {
            // The handshake's answers, or a change of keys.
            connection.output.append(encrypted.span)
            if connection.isWritable, !flush(connection) { return .failed(0) }
            guard isWithinLimits(connection) else { return .failed(0) }
        }
        switch outcome {
        case .open: break
        case .ended: (connection.hasEnded, connection.isReadable) = (true, false)
        case .failed:
            guard !input.isEmpty else { return .failed(0) }
            // What came before the damage is answered; the next read finds the failure.
            connection.isReadable = true
        }
        guard input.isEmpty else { return .bytes(input.count) }
        return outcome == .ended ? .end : .wouldBlock
    }

    /// Puts ciphertext in the place of ``replies``; false where the session is of no use any more.
    @inline(never)
    func encryptReplies(to connection: Connection) -> Bool {
        guard let tls = connection.tls else { return false }
        encrypted.removeAll()
        guard tls.send(replies.output.span, into: &encrypted) else { return false }
        swap(&replies.output, &encrypted)
        encrypted.removeAll()
        if encrypted.capacity > Self.keptReplyBytesMax { encrypted.release() }
        return true
    }

    /// Tells the peer, if it can be told at once, that nothing more will come.
    @inline(never)
    func endEncryption(of connection: Connection, by tls: TLSSession) {
        forgetHandshake(of: connection)
        // Behind half a record it would be understood as part of that.
        guard connection.output.isEmpty, !connection.isBroken else { return }
        tls.close(sending: &connection.output)
        _ = connection.flush()
    }

    private func forgetHandshake(of connection: Connection) {
        guard connection.isShakingHands else { return }
        connection.isShakingHands = false
        handshakes.count -= 1
    }

    /// Work on handshakes in one turn, beyond the step that exceeds it: others wait no longer than this for strangers.
    private static let handshakeNanosecondsMax: UInt64 = 1_000_000
}
