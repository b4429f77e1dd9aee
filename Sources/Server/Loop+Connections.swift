import Bytes
import Commands
import Logging
import Platform
import RESP
import ServerMetrics
import Synchronization

extension Loop {
    // MARK: Coming

    /// Accepts who waits, in a bounded burst, and gives each to the loop that has the fewest.
    func acceptAll() {
        acceptAgain = false
        for box in listeners {
            for accepted in 0... {
                guard accepted < Self.acceptBurstMax else {
                    acceptAgain = true
                    break
                }
                do throws(SystemError) {
                    guard let descriptor = try box.listener.accept() else { break }
                    place(descriptor, isEncrypted: box.isEncrypted)
                } catch {
                    // Out of descriptors or memory: those who wait stay in the backlog until some are free.
                    acceptAgain = true
                    if context.now >= nextAcceptWarning {
                        nextAcceptWarning = context.now + 1_000_000_000
                        logger.warning("cannot accept connections", metadata: ["cause": "\(error)"])
                    }
                    break
                }
            }
        }
    }

    private func place(_ descriptor: consuming FileDescriptor, isEncrypted: Bool) {
        metrics.connectionsAccepted.add()
        // To a client that is about to shake hands the reason would be noise; it is told after that.
        guard !isEncrypted else { return admit(descriptor, isEncrypted: true) }
        let socket = Socket(owning: descriptor)
        guard !isKeptOut(socket) else {
            let text = Self.isProtectedText
            _ = socket.send(text.span)
            return
        }
        admit(socket.relinquish(), isEncrypted: false)
    }

    /// Gives a connection to the loop that has the fewest, if there may be one more.
    private func admit(_ descriptor: consuming FileDescriptor, isEncrypted: Bool) {
        guard let chosen = group.assign(accepting: index, clientsMax: limits.clientsMax) else {
            metrics.connectionsRejected.add()
            let socket = Socket(owning: descriptor)
            // To a client that is about to shake hands this would be noise.
            if !isEncrypted { _ = socket.send(Self.tooManyClients.span) }
            return
        }
        if chosen == index { return adopt(descriptor, isEncrypted: isEncrypted) }
        let number = descriptor.relinquish()
        if group.mailboxes[chosen].post(.connection(number, isEncrypted: isEncrypted)) { return }
        // That loop has ended already, as part of a drain.
        group.metrics[chosen].connections.subtract(1, ordering: .relaxed)
        metrics.connections.add(1, ordering: .relaxed)
        adopt(FileDescriptor(owning: number), isEncrypted: isEncrypted)
    }

    /// Makes a connection this loop's own.
    func adopt(_ descriptor: consuming FileDescriptor, isEncrypted: Bool) {
        let place = freePlaces.popLast() ?? connections.count
        if place == connections.count {
            connections.append(nil)
            generations.append(0)
        }
        let token = Epoll.Token(place: UInt32(place) + Self.firstConnectionPlace, generation: generations[place])
        let socket = Socket(owning: descriptor)
        socket.configure(keepaliveSeconds: limits.keepaliveSeconds)
        do throws(SystemError) {
            try epoll.add(socket.descriptor.rawValue, token: token)
        } catch {
            logger.warning("cannot watch a connection", metadata: ["cause": "\(error)"])
            freePlaces.append(place)
            group.release(from: index)
            return
        }
        let session = Session(id: context.server.makeClientID(), context: context, limits: limits.request)
        let connection = Connection(
            socket: socket, session: session, isEncrypted: isEncrypted, token: token,
            keepaliveSeconds: limits.keepaliveSeconds, now: context.now)
        connections[place] = connection
        connectionCount += 1
        if isEncrypted { awaitHandshake(of: connection) }
        context.server.directory.add(
            session.id, at: ClientDirectory.Place(loop: index, token: token.rawValue))
        if isDraining {
            connection.isReadable = true
            enqueue(connection)
        }
    }

    // MARK: Going

    func close(_ connection: Connection) {
        guard !connection.isClosed else { return }
        connection.isClosed = true
        connection.job?.cancel()
        if connection.isEncrypted, connection.lingersUntil == nil { endEncryption(of: connection) }
        if connection.lingersUntil != nil { lingering -= 1 }
        let place = Int(connection.token.place - Self.firstConnectionPlace)
        connections[place] = nil
        context.server.directory.remove(connection.session.id)
        generations[place] &+= 1
        freePlaces.append(place)
        connectionCount -= 1
        group.release(from: index)
        forgetHeldBytes(of: connection)
        // The descriptor closes with the last reference: at the latest when what this turn does for it ends.
    }

    /// Ends a connection whose last reply has been sent, without costing the client any of them.
    func finish(_ connection: Connection) {
        if connection.isEncrypted { endEncryption(of: connection) }
        connection.socket.shutDownWriting()
        connection.lingersUntil = context.now + Self.lingerNanoseconds
        lingering += 1
        discardInput(of: connection)
    }

    /// Drops what a client sends that will get no answer, until it has seen the end or time is up.
    func discardInput(of connection: Connection) {
        inputOwner = nil
        for _ in 0..<Self.discardReadsMax {
            input.removeAll()
            switch connection.socket.receive(into: &input, byteCountMax: Self.readBytesMax) {
            case .bytes: continue
            // Nothing unread: closing now resets nobody.
            case .wouldBlock, .end, .failed: return close(connection)
            }
        }
        enqueue(connection)
    }

    // MARK: Mail

    func receive(_ message: LoopMailbox.Message) {
        switch message {
        case .connection(let number, let isEncrypted):
            adopt(FileDescriptor(owning: number), isEncrypted: isEncrypted)
        case .finished(let job, let token, let times): finished(job, for: token, times)
        case .visitClients(let job, let origin, let token, let place):
            visitClients(for: job, origin: origin, token: token, from: place)
        case .evictClients: evictClients()
        case .versionsChanged(let adoption):
            // This turn's look at the catalog may have been just before the change.
            refreshVersions()
            adoption?.arrive()
        case .published(let channel, let message): pass(on: message, channel: channel)
        case .monitored(let lines): showMonitors(lines)
        case .invalidation(let token):
            guard let connection = connection(for: token) else { return }
            connection.session.takeInvalidation()
            telling.append(connection.token)
        case .limits(let new, let adoption): adopt(new, adoption)
        case .usersChanged(let place): followUsers(from: place)
        case .limitClients(let place, let adoption): limitClients(from: place, adoption)
        case .question(let question): question.noteAnswer()
        case .drain:
            isDraining = true
            // Those in the backlog have connected, and may have asked, before.
            acceptAll()
            for _ in 0..<Self.lastBurstsMax where acceptAgain { acceptAll() }
            acceptAgain = false
            for place in listeners.indices { listeners[place].listener.unregister(from: epoll) }
            listeners.removeAll()
            for case let connection? in connections {
                connection.isReadable = true
                enqueue(connection)
            }
        case .stop: isStopped = true
        }
    }

    /// Sees to a message that came when the loop had ended.
    func returnToSender(_ message: LoopMailbox.Message) {
        switch message {
        case .connection(let number, _):
            _ = FileDescriptor(owning: number)
            group.release(from: index)
        case .visitClients(let job, let origin, let token, _): endVisit(for: job, origin: origin, token: token)
        case .versionsChanged(let adoption), .limits(_, let adoption), .limitClients(_, let adoption):
            adoption?.arrive()
        case .question(let question): question.noteAnswer()
        case .finished, .published, .monitored, .invalidation, .evictClients, .usersChanged, .drain, .stop: break
        }
    }

    /// Gives a message to every session that subscribes to its channel.
    private func pass(on message: [UInt8], channel: [UInt8]) {
        guard !context.server.subscriptions.isEmpty else { return }
        for case let connection? in connections where connection.session.isSubscribed {
            guard connection.session.take(channel: channel, message: message) else { continue }
            // A client that does not read its messages is closed like one that does not read its replies.
            if isWithinLimits(connection) { telling.append(connection.token) }
        }
    }

    /// Has those told who cache what another version makes out of date.
    func invalidateCaches() {
        guard metrics.trackingClients.load(ordering: .relaxed) > 0 else { return }
        for case let connection? in connections where connection.session.isTracking {
            connection.session.invalidateCache()
            telling.append(connection.token)
        }
    }

    /// Lets the next few of those go on who have something to tell.
    func tellSome() {
        for _ in 0..<Self.toldAtOnce where !telling.isEmpty {
            guard let connection = connection(for: telling.removeFirst()) else { continue }
            if connection.session.pushBytes > 0 { enqueue(connection) }
        }
    }

    /// Whether `CLIENT PAUSE` holds requests back; not those of a loop that drains.
    var isPaused: Bool { !isDraining && context.now < context.server.pausedUntil }

    /// What a connection can do whose requests are held back: be told things, send more, and leave.
    func moveWhilePaused(of connection: Connection) -> Move {
        let session = connection.session
        if connection.isBroken { return .close }
        if session.canBeTold { return .tell }
        if connection.isReadable { return .readAhead }
        if session.isRunnable { return .holdBack }
        return connection.hasEnded && connection.output.isEmpty ? .close : .wait
    }

    func holdBack(_ connection: Connection) {
        guard !connection.isHeldBack else { return }
        connection.isHeldBack = true
        paused.append(connection.token)
    }

    /// Lets those go on who were held back, once nobody is any more.
    func endPauseIfOver() {
        guard isDraining || context.now >= context.server.pausedUntil else { return }
        while !paused.isEmpty {
            guard let connection = connection(for: paused.removeFirst()) else { continue }
            connection.isHeldBack = false
            connection.lastActivity = context.now  // It was not the client that kept silent.
            enqueue(connection)
        }
    }

    // MARK: Jobs

    func submit(_ job: any SessionJob, for connection: Connection) {
        guard connection.job == nil else { return }
        connection.job = job
        if let job = job as? ClientVisitJob {
            startVisit(for: job, of: connection)
        } else if let job = job as? SettingsJob {
            let (mailbox, token) = (mailbox, connection.token)
            job.start { mailbox.post(.finished($0, token)) }
        } else if let job = job as? DatasetJob {
            let (mailbox, token) = (mailbox, connection.token)
            // Where the loop has ended by then, nobody waits for the answer.
            job.start { mailbox.post(.finished($0, token)) }
        } else if !readers.submit(ReaderPool.Task(job: job, loop: mailbox, connection: connection.token)) {
            metrics.fullReaderQueues.add()
            deferred.append(connection.token)
        }
    }

    private func finished(_ job: any SessionJob, for token: Epoll.Token, _ times: JobTimes) {
        submitDeferred()
        guard let connection = connection(for: token), !connection.isClosed else { return }
        connection.job = nil
        context.jobTimes = times
        connection.session.complete(job, into: &replies)
        deliver(to: connection)
        if isTracing { traceFinished(connection) }
    }

    func submitDeferred() {
        while !deferred.isEmpty {
            let token = deferred.removeFirst()
            guard let job = connection(for: token)?.job else { continue }
            guard readers.submit(ReaderPool.Task(job: job, loop: mailbox, connection: token)) else {
                deferred.append(token)
                return
            }
        }
    }

    // MARK: Time

    /// Closes who has been idle or has lingered for too long; looks at everyone twice a second at most.
    func sweepIfDue() {
        if !deferred.isEmpty { submitDeferred() }
        guard isSweeping, context.now >= nextSweep else { return }
        nextSweep = context.now + 500_000_000
        endLateHandshakes()
        for case let connection? in connections {
            connection.session.dropClosedVersions()
            if connection.overSoftLimitSince != nil, !isWithinLimits(connection) { continue }
            if let limit = connection.lingersUntil {
                if context.now >= limit { close(connection) }
            } else if limits.loginNanoseconds > 0, connection.session.isLockedOut,
                Clock.nanoseconds(from: connection.openedAt, to: context.now) > limits.loginNanoseconds
            {
                close(connection)
            } else if limits.idleNanoseconds > 0, connection.job == nil, !connection.isHeldBack,
                !connection.session.isListening,
                Clock.nanoseconds(from: connection.lastActivity, to: context.now) > limits.idleNanoseconds
            {
                metrics.idleDisconnections.add()
                close(connection)
            }
        }
    }

    /// Redis's reply to a connection over `maxclients`, sent before it is closed.
    private static let tooManyClients = Array("-ERR max number of clients reached\r\n".utf8)
    /// Connections accepted in one turn from one listener.
    private static let acceptBurstMax = 64
    /// Bursts in which a drain empties the backlog.
    private static let lastBurstsMax = 64
    /// Connections that are told something in one turn, besides those that are served.
    private static let toldAtOnce = 64
    private static let lingerNanoseconds: UInt64 = 1_000_000_000
    private static let discardReadsMax = 16
}
