import Bytes
import Commands
import Platform
import RESP
import ServerMetrics

/// How one connection goes on: what it can do next, and what is read of it.
extension Loop {
    /// What a connection can do next.
    enum Move {
        /// Nothing, until its client, the kernel or a reader does something.
        case wait
        case submit(any SessionJob)
        case resume
        /// Understand what has been received.
        case collect
        /// Send messages that wait, and understand nothing.
        case tell
        case read
        /// Take requests in without understanding them.
        case readAhead
        /// Wait for the end of a pause.
        case holdBack
        /// End, now that all has been answered and sent.
        case finish
        case close
    }

    /// The one place that says how a connection goes on.
    func move(of connection: Connection) -> Move {
        let session = connection.session
        switch session.need {
        case .job(let job):
            // A walk over everything must not outlive the client that asked for it.
            if connection.isBroken { return .close }
            return connection.job == nil ? .submit(job) : .wait
        case .drain:
            if connection.output.count <= Session.outputBytesSoftMax / 2 { return .resume }
            return connection.isReadable ? .readAhead : .wait
        case .nothing:
            if connection.output.count > Session.outputBytesSoftMax {
                return connection.isReadable ? .readAhead : .wait
            }
            if session.isEnding { return connection.output.isEmpty ? .finish : .wait }
            if isPaused { return moveWhilePaused(of: connection) }
            if session.isRunnable { return .collect }
            if connection.isReadable { return .read }
            guard connection.hasEnded, connection.output.isEmpty else { return .wait }
            // What has come since the drain began is unread, and closing with it could cost replies.
            return isDraining ? .finish : .close
        }
    }

    /// Lets one connection go as far as it can without waiting.
    func serve(_ connection: Connection) {
        // Nearly all connections, nearly always.
        if connection.isReadable, connection.output.isEmpty, connection.session.isAtRest, !isPaused,
            connection.lingersUntil == nil
        {
            return read(connection)
        }
        if connection.lingersUntil != nil { return discardInput(of: connection) }
        if !connection.output.isEmpty, connection.isWritable, !flush(connection) { return }
        switch move(of: connection) {
        case .wait: break
        case .submit(let job): submit(job, for: connection)
        case .resume: join(connection, connection.session.resume(into: plan))
        case .collect: join(connection, connection.session.collect(Span(), into: plan))
        case .tell: join(connection, connection.session.collectPushes(into: plan))
        case .read: read(connection)
        case .readAhead:
            readAhead(connection)
            if !connection.isClosed, !connection.isQueued { goOn(connection) }
        case .holdBack: holdBack(connection)
        case .finish: finish(connection)
        case .close: close(connection)
        }
    }

    /// Sees to it that a connection that can go on does so, after the others.
    func goOn(_ connection: Connection) {
        switch move(of: connection) {
        case .wait: break
        case .submit(let job): submit(job, for: connection)
        case .holdBack: holdBack(connection)
        case .finish: finish(connection)
        case .close: close(connection)
        case .resume, .collect, .tell, .read, .readAhead: enqueue(connection)
        }
    }

    func read(_ connection: Connection) {
        input.removeAll()
        switch receive(from: connection) {
        case .bytes:
            join(connection, connection.session.collect(input.span, into: plan))
        case .end, .wouldBlock:
            goOn(connection)
        case .failed:
            close(connection)
        }
    }

    /// Has a connection get the replies to `steps` with this batch.
    @inline(__always)
    func join(_ connection: Connection, _ steps: Range<Int>) {
        batch.append(
            BatchEntry(connection: connection.token, firstStep: steps.lowerBound, endStep: steps.upperBound))
        if context.lockedOutCount > 0 { limitStranger(connection) }
    }

    /// Takes in requests of a client that does not read its replies, as many as the limit allows.
    ///
    /// Stopping to read would hang every client that writes a whole pipeline before it reads.
    func readAhead(_ connection: Connection) {
        for _ in 0..<Self.readAheadReadsMax {
            guard connection.isReadable else { return }
            input.removeAll()
            switch receive(from: connection) {
            case .bytes:
                connection.session.keep(input.span)
                guard isWithinLimits(connection) else { return }
            case .end, .wouldBlock: return
            case .failed: return close(connection)
            }
        }
        enqueue(connection)  // The others first: this client may send faster than we read.
    }

    func receive(from connection: Connection) -> Socket.Transfer {
        if connection.isEncrypted { return receiveEncrypted(from: connection) }
        return receiveBytes(from: connection)
    }

    /// Takes what the socket has, encrypted or not, and notes what that says of the connection.
    @inline(__always)
    func receiveBytes(from connection: Connection) -> Socket.Transfer {
        let transfer = connection.socket.receive(into: &input, byteCountMax: Self.readBytesMax)
        inputOwner = connection.token
        switch transfer {
        case .bytes(let count):
            metrics.reads.add()
            metrics.bytesReceived.add(count)
            connection.lastActivity = context.now
            // A short read means there is no more, but for the end of input, which is read next; and draining
            // ends a connection only once a read has found nothing.
            connection.isReadable = count == Self.readBytesMax || connection.isEnding || isDraining
        case .end:
            connection.isReadable = false
            connection.hasEnded = true
        case .wouldBlock:
            connection.isReadable = false
            if isDraining { connection.hasEnded = true }
        case .failed:
            break
        }
        return transfer
    }
}
