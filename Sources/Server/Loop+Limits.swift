import Bytes
import Commands
import Logging
import Platform
import RESP
import ServerMetrics
import Settings
import Synchronization

extension Loop {
    /// What a loop goes by and may be told anew while it runs.
    struct Limits: Sendable {
        /// How much may wait for one client to read it.
        struct OutputBuffer: Sendable {
            var bytesMax = 256 << 20
            /// As many for longer than ``softNanoseconds`` are too many as well; `Int.max`: never.
            var softBytesMax = Int.max
            var softNanoseconds: UInt64 = 0
        }

        var request = RequestParser.Limits()
        var clientsMax = 10_000
        var queryBufferBytesMax = 256 << 20
        var outputBuffer = OutputBuffer()
        /// Instead of ``outputBuffer``, of clients that subscribe to messages.
        var pubsubBuffer = OutputBuffer()
        /// Requests and replies that all connections of the server hold; 0: any number.
        var heldBytesMax = 0
        /// Zero: never.
        var idleNanoseconds: UInt64 = 0
        /// For a client that has yet to show its password; zero: any time.
        var loginNanoseconds: UInt64 = 0
        /// Whether nobody but clients on this machine may connect while there is no password.
        var isProtected = false
        var keepaliveSeconds = 300
        var handshakeNanoseconds: UInt64 = 10_000_000_000
        /// Connections of one loop that may be shaking hands.
        var handshakesMax = 1_024
        /// For the rows that one loop keeps of one dataset.
        var rowCacheBytes = 0
        /// Keys lately asked for that are kept, over all loops and datasets; 0 for none.
        var warmKeys = 65_536

        init(_ settings: ServerSettings) {
            request = RequestParser.Limits(
                argumentCountMax: settings.argumentCountMax, argumentBytesMax: settings.argumentBytesMax,
                inlineBytesMax: settings.inlineBytesMax)
            clientsMax = settings.clientsMax
            queryBufferBytesMax = settings.queryBufferBytesMax
            outputBuffer = OutputBuffer(
                settings.outputBufferBytesMax, settings.outputBufferSoftBytesMax, settings.outputBufferSoftTime)
            pubsubBuffer = OutputBuffer(
                settings.pubsubBufferBytesMax, settings.pubsubBufferSoftBytesMax, settings.pubsubBufferSoftTime)
            heldBytesMax = settings.clientsMemoryMax.bytes(of: HostResources.current.memoryBytes)
            idleNanoseconds = settings.idleTimeout.wholeNanoseconds
            loginNanoseconds = settings.access.loginTimeout.wholeNanoseconds
            isProtected = settings.access.isProtected
            keepaliveSeconds = Int(settings.tcpKeepalive.components.seconds)
            handshakeNanoseconds = settings.tls.handshakeTimeout.wholeNanoseconds
            handshakesMax = settings.tls.handshakesMax
            rowCacheBytes = settings.rowCacheBytes / settings.loopCount / max(settings.datasets.count, 1)
            warmKeys = settings.warmKeys
        }
    }

    // MARK: Changes

    /// Goes by `new` from now on, and tells `adoption` once the last connection that is open does, too.
    func adopt(_ new: Limits, _ adoption: Adoption?) {
        limits = new
        limitClients(from: 0, adoption)
        evictIfDue()
    }

    /// Has some connections go by the limits, and the rest in later turns, lest thousands hold everybody up.
    func limitClients(from first: Int, _ adoption: Adoption?) {
        let end = min(first + Self.changedClientsMax, connections.count)
        for place in first..<end {
            guard let connection = connections[place] else { continue }
            connection.session.limits = limits.request
            if connection.keepaliveSeconds != limits.keepaliveSeconds {
                connection.keepaliveSeconds = limits.keepaliveSeconds
                connection.socket.probe(afterSeconds: limits.keepaliveSeconds)
            }
            _ = isWithinLimits(connection)
        }
        if end < connections.count, mailbox.post(.limitClients(from: end, adoption)) { return }
        adoption?.arrive()
    }

    // MARK: Buffers

    /// Whether somebody has to be looked at by the clock, not only when something happens.
    var isSweeping: Bool {
        limits.idleNanoseconds > 0 || lingering > 0 || handshakes.count > 0 || overSoftLimit > 0
            || context.versionUseCount > 0 || context.lockedOutCount > 0 && limits.loginNanoseconds > 0
    }

    /// Closes a connection whose client sends or leaves unread more than the limits allow.
    @inline(__always)
    func isWithinLimits(_ connection: Connection) -> Bool {
        // A client that reads its replies holds nothing, and did not before.
        let held = connection.heldNow
        if held.requestBytes | held.replyBytes == 0, connection.heldBytes == connection.encryptionBytes { return true }
        return isWithinLimits(connection, requestBytes: held.requestBytes, replyBytes: held.replyBytes)
    }

    @inline(never)
    private func isWithinLimits(_ connection: Connection, requestBytes: Int, replyBytes: Int) -> Bool {
        countHeldBytes(of: connection)
        let output = outputLimits(of: connection)
        if requestBytes > queryBufferBytesMax(of: connection) {
            metrics.queryBufferDisconnections.add()
            close(connection, over: "query-buffer-limit", requestBytes, replyBytes)
        } else if replyBytes > output.bytesMax {
            metrics.outputBufferDisconnections.add()
            close(connection, over: "output-buffer-limit", requestBytes, replyBytes)
        } else if let since = connection.overSoftLimitSince,
            Clock.nanoseconds(from: since, to: context.now) > output.softNanoseconds
        {
            metrics.outputBufferDisconnections.add()
            close(connection, over: "output-buffer-soft-limit", requestBytes, replyBytes)
        } else {
            closeStrangersIfDue()
            evictIfDue()
        }
        return !connection.isClosed
    }

    private func outputLimits(of connection: Connection) -> Limits.OutputBuffer {
        if connection.session.isLockedOut {
            return Limits.OutputBuffer(bytesMax: min(limits.outputBuffer.bytesMax, Session.strangerReplyBytesMax))
        }
        return connection.session.isSubscribed ? limits.pubsubBuffer : limits.outputBuffer
    }

    private func queryBufferBytesMax(of connection: Connection) -> Int {
        guard connection.session.isLockedOut else { return limits.queryBufferBytesMax }
        return min(limits.queryBufferBytesMax, Session.strangerBacklogBytesMax)
    }

    private func noteSoftLimit(of connection: Connection, isExceeded: Bool) {
        guard isExceeded != (connection.overSoftLimitSince != nil) else { return }
        connection.overSoftLimitSince = isExceeded ? context.now : nil
        overSoftLimit += isExceeded ? 1 : -1
    }

    private func close(_ connection: Connection, over limit: String, _ requestBytes: Int, _ replyBytes: Int) {
        logger.warning(
            "closing a connection over its limit",
            metadata: [
                "client": "\(connection.session.id)", "limit": "\(limit)", "query-buffer-bytes": "\(requestBytes)",
                "output-buffer-bytes": "\(replyBytes)",
            ])
        close(connection)
    }

    // MARK: All buffers together

    /// Brings the loop's total, and since when the soft limit is exceeded, up to what a connection holds now.
    func countHeldBytes(of connection: Connection) {
        let now = connection.heldNow
        noteSoftLimit(of: connection, isExceeded: now.replyBytes > outputLimits(of: connection).softBytesMax)
        let own = now.requestBytes + now.replyBytes
        let ownOfStranger = connection.session.isLockedOut ? own : 0
        strangerBytes += ownOfStranger - connection.strangerBytes
        connection.strangerBytes = ownOfStranger
        let held = own + connection.encryptionBytes
        guard held != connection.heldBytes else { return }
        let all = metrics.heldBytes.load(ordering: .relaxed) + held - connection.heldBytes
        metrics.heldBytes.store(all, ordering: .relaxed)
        if all > metrics.heldBytesPeak.load(ordering: .relaxed) {
            metrics.heldBytesPeak.store(all, ordering: .relaxed)
        }
        connection.heldBytes = held
        if held > metrics.heldBytesMost.load(ordering: .relaxed), !connection.session.isNoEvict {
            metrics.heldBytesMost.store(held, ordering: .relaxed)
        }
    }

    /// Takes a connection that has been closed out of what the loop counts.
    func forgetHeldBytes(of connection: Connection) {
        metrics.heldBytes.subtract(connection.heldBytes, ordering: .relaxed)
        strangerBytes -= connection.strangerBytes
        (connection.heldBytes, connection.strangerBytes) = (0, 0)
        noteSoftLimit(of: connection, isExceeded: false)
    }

    /// Looks for connections to close where all together hold too much, but not at every reply.
    private func evictIfDue() {
        guard limits.heldBytesMax > 0, context.now >= nextEviction, group.heldBytes > limits.heldBytesMax else {
            return
        }
        nextEviction = context.now + Self.evictionNanoseconds
        evictClients()
    }

    /// Closes connections that hold most until all together hold no more than they may.
    ///
    /// Where one of another loop holds more, that loop goes on.
    func evictClients() {
        guard limits.heldBytesMax > 0, group.heldBytes > limits.heldBytesMax else { return }
        var holders: [Connection] = []
        for case let connection? in connections where connection.heldBytes > 0 && !connection.session.isNoEvict {
            holders.append(connection)
        }
        holders.sort { $0.heldBytes > $1.heldBytes }
        for connection in holders {
            // What others hold at most may be out of date: each brings its own up to date when it is told.
            metrics.heldBytesMost.store(connection.heldBytes, ordering: .relaxed)
            guard group.heldBytes > limits.heldBytesMax else { return }
            if passEvictionOn(holding: connection.heldBytes) { return }
            metrics.clientsEvicted.add()
            close(
                connection, over: "clients-memory-max", connection.heldNow.requestBytes,
                connection.heldNow.replyBytes)
        }
        metrics.heldBytesMost.store(0, ordering: .relaxed)
        if group.heldBytes > limits.heldBytesMax { _ = passEvictionOn(holding: 0) }
    }

    /// Tells the loop that has the connection that holds most, if it holds more than `bytes`.
    private func passEvictionOn(holding bytes: Int) -> Bool {
        var (most, chosen) = (bytes, index)
        for (other, metrics) in group.metrics.enumerated() where other != index {
            let held = metrics.heldBytesMost.load(ordering: .relaxed)
            if held > most { (most, chosen) = (held, other) }
        }
        return chosen != index && group.mailboxes[chosen].post(.evictClients)
    }

    // MARK: Strangers together

    /// Counts what a connection holds that has just been read from, where its client has yet to show a password.
    ///
    /// Before the turn goes on to others: what thousands send at once would be kept until all of it is answered.
    @inline(never)
    func limitStranger(_ connection: Connection) {
        guard connection.session.isLockedOut else { return }
        countHeldBytes(of: connection)
        closeStrangersIfDue()
    }

    /// Closes the strangers that hold most, once all of the loop hold too much, until they hold half of that.
    ///
    /// Half, so that looking for them costs little for each byte that they have to send for it. Who shows a password
    /// at once is none of them: a request that comes whole is never held.
    private func closeStrangersIfDue() {
        guard strangerBytes > Self.strangerBytesMax else { return }
        var holders: [Connection] = []
        for case let connection? in connections where connection.strangerBytes > 0 { holders.append(connection) }
        holders.sort { $0.strangerBytes > $1.strangerBytes }
        for connection in holders where strangerBytes > Self.strangerBytesMax / 2 {
            metrics.queryBufferDisconnections.add()
            // A line for each would be what the log holds next.
            logger.debug(
                "closing a connection without a password", metadata: ["client": "\(connection.session.id)"])
            close(connection)
            strangersClosed += 1
        }
        guard context.now >= nextStrangerNote else { return }
        nextStrangerNote = context.now + 1_000_000_000
        logger.warning(
            "clients that have shown no password hold too much", metadata: ["closed": "\(strangersClosed)"])
        strangersClosed = 0
    }

    /// What clients of one loop may hold together that have yet to show a password: a few hundred of their longest
    /// requests, and tens of thousands of the usual ones.
    private static let strangerBytesMax = 4 << 20
    /// Connections that go by new limits in one turn.
    private static let changedClientsMax = 64
    private static let evictionNanoseconds: UInt64 = 1_000_000
}

extension Loop.Limits.OutputBuffer {
    fileprivate init(_ bytesMax: Int, _ softBytesMax: Int, _ softTime: Duration) {
        self.bytesMax = bytesMax
        self.softBytesMax = softBytesMax == 0 ? .max : softBytesMax
        softNanoseconds = softTime.wholeNanoseconds
    }
}

extension Connection {
    /// Bytes of requests that are not answered yet, and of replies and messages that are not sent yet.
    @inline(__always)
    fileprivate var heldNow: (requestBytes: Int, replyBytes: Int) {
        (session.bufferedBytes, output.count + session.pushBytes)
    }
}
