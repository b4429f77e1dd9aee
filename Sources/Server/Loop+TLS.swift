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
    /// Connections of this loop that have not shaken hands yet, which costs work and memory before anyone is known.
    struct Handshakes {
        /// How many shake hands now.
        var count = 0
        /// Those whose turn comes when fewer do; the first came first.
        var queue = Ring<Epoll.Token>()
        /// Those that the loop waits for, and since when: the longest first, among others that it has heard from since.
        var awaited = Ring<(token: Epoll.Token, since: UInt64)>()
        /// The turn that ``spentNanoseconds`` were spent in, by its time.
        var turn: UInt64 = 0
        var spentNanoseconds: UInt64 = 0
        /// When the next failure may be logged.
        var nextFailureNote: UInt64 = 0
    }

    /// Waits for the first bytes of a new connection; until they come it costs no more than one without encryption.
    func awaitHandshake(of connection: Connection) {
        connection.handshake = .silent
        awaitNextStep(of: connection)
    }

    private func awaitNextStep(of connection: Connection) {
        connection.handshakeSince = context.now
        handshakes.awaited.append((connection.token, context.now))
    }

    /// Has a connection shake hands, now if it may and else when its turn comes.
    ///
    /// Nobody is sent away for it: when a whole fleet comes back at once, its clients are slow because there are so many
    /// of them, and each that is sent away comes again.
    ///
    /// - Returns: Whether it may.
    private func admitHandshake(of connection: Connection) -> Bool {
        guard connection.handshake != .active else { return true }
        guard handshakes.count < limits.handshakesMax else {
            // What has come is read in its turn.
            connection.isReadable = false
            guard connection.handshake == .silent else { return false }
            connection.handshake = .queued
            connection.handshakeSince = .max
            handshakes.queue.append(connection.token)
            return false
        }
        activateHandshake(of: connection)
        return true
    }

    private func activateHandshake(of connection: Connection) {
        connection.handshake = .active
        handshakes.count += 1
        awaitNextStep(of: connection)
    }

    /// Counts a connection out of those that shake hands, for others that wait.
    private func forgetHandshake(of connection: Connection) {
        let wasActive = connection.handshake == .active
        connection.handshake = .none
        guard wasActive else { return }
        handshakes.count -= 1
        while handshakes.count < limits.handshakesMax, !handshakes.queue.isEmpty {
            guard let next = self.connection(for: handshakes.queue.removeFirst()), next.handshake == .queued else {
                continue
            }
            activateHandshake(of: next)
            next.isReadable = true
            enqueue(next)
        }
    }

    /// Closes those that have kept the loop waiting for too long.
    func endLateHandshakes() {
        while let (token, since) = handshakes.awaited.oldest {
            guard Clock.nanoseconds(from: since, to: context.now) >= limits.handshakeNanoseconds else { return }
            _ = handshakes.awaited.removeFirst()
            guard let connection = connection(for: token), connection.handshake != .none,
                connection.handshakeSince == since
            else { continue }
            if connection.isReadable {
                // It is the loop that is late.
                awaitNextStep(of: connection)
            } else {
                endHandshake(of: connection, by: "tls-handshake-timeout")
            }
        }
    }

    /// The session of a connection; `nil` where there can be none, and the connection must go.
    private func makeTLSSession() -> TLSSession? {
        guard let context = group.tls.current else { return nil }
        do throws(TLSError) {
            return try TLSSession(context)
        } catch {
            logger.warning("cannot encrypt a connection", metadata: ["cause": "\(error)"])
            return nil
        }
    }

    private func endHandshake(of connection: Connection, by cause: String) {
        if connection.handshake == .silent { metrics.tls.failedHandshakes.add() }
        noteFailedHandshake(of: connection, cause)
        close(connection)
    }

    /// Keeps the log from growing at the pace of whoever knocks.
    private func noteFailedHandshake(of connection: Connection, _ cause: String) {
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
        if connection.handshake != .none { return shakeHands(with: connection) }
        guard let tls = connection.tls, tls.failure == nil else { return .failed(0) }
        return decrypt(from: connection, by: tls)
    }

    private func shakeHands(with connection: Connection) -> Socket.Transfer {
        guard hasTimeForHandshake, admitHandshake(of: connection) else { return .wouldBlock }
        if connection.tls == nil { connection.tls = makeTLSSession() }
        guard let tls = connection.tls, tls.failure == nil else { return .failed(0) }
        let start = Clock.monotonicNanoseconds()
        let transfer = decrypt(from: connection, by: tls)
        if handshakes.turn != context.now { (handshakes.turn, handshakes.spentNanoseconds) = (context.now, 0) }
        handshakes.spentNanoseconds += Clock.monotonicNanoseconds() - start
        if tls.isEstablished, !connection.isClosed {
            metrics.tls.handshakes.add()
            forgetHandshake(of: connection)
            if isKeptOut(connection.socket) { return refuse(connection, by: tls) }
        } else if let failure = tls.failure {
            noteFailedHandshake(of: connection, failure.description)
        }
        return transfer
    }

    /// Says why before it ends what has been encrypted in vain.
    private func refuse(_ connection: Connection, by tls: TLSSession) -> Socket.Transfer {
        input.removeAll()
        let text = Self.isProtectedText
        guard tls.send(text.span, into: &connection.output), flush(connection) else {
            return .failed(0)
        }
        finish(connection)
        return .wouldBlock
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
        let bytes = TLSSession.ownBytes + tls.partBytes
        if bytes != connection.encryptionBytes {
            connection.encryptionBytes = bytes
            guard isWithinLimits(connection) else { return .failed(0) }
        }
        switch outcome {
        case .open: break
        case .ended: (connection.hasEnded, connection.isReadable) = (true, false)
        // What came before the damage could not be answered any more.
        case .failed: return .failed(0)
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
    func endEncryption(of connection: Connection) {
        // Who goes without a byte, as health checks do, has not failed at anything.
        if connection.handshake == .active || connection.handshake == .queued { metrics.tls.failedHandshakes.add() }
        forgetHandshake(of: connection)
        // Behind half a record it would be understood as part of that.
        guard let tls = connection.tls, connection.output.isEmpty, !connection.isBroken else { return }
        tls.close(sending: &connection.output)
        _ = connection.flush()
    }

    /// Work on handshakes in one turn, beyond the step that exceeds it: others wait no longer than this for strangers.
    private static let handshakeNanosecondsMax: UInt64 = 1_000_000
}
