import Bytes
import Commands
import Platform
import ServerMetrics

extension Loop {
    /// Has every loop visit its connections for the job of `connection`.
    func startVisit(for job: ClientVisitJob, of connection: Connection) {
        if job.isAboutAsker {
            job.add([facts(of: connection)])
            mailbox.post(.finished(job, connection.token))
            return
        }
        for other in group.mailboxes {
            let message = LoopMailbox.Message.visitClients(
                job, origin: mailbox, connection: connection.token, from: 0)
            if !other.post(message) { returnToSender(message) }
        }
    }

    /// Visits some connections, and the rest in later turns, lest thousands hold everybody up.
    func visitClients(for job: ClientVisitJob, origin: LoopMailbox, token: Epoll.Token, from first: Int) {
        let end = min(first + Self.visitedClientsMax, connections.count)
        var found: [ClientFacts] = []
        for place in first..<end {
            guard let connection = connections[place], includes(connection, job.filter) else { continue }
            switch job.purpose {
            case .describe: found.append(facts(of: connection))
            case .kill:
                job.countKilled(id: connection.session.id)
                // The one that asks is to have its reply first.
                if connection.session.id != job.askerID { close(connection) }
            }
        }
        job.add(found)
        if end < connections.count,
            mailbox.post(.visitClients(job, origin: origin, connection: token, from: end))
        {
            return
        }
        endVisit(for: job, origin: origin, token: token)
    }

    /// Says that this loop has nothing to add; after the last one, has the reply written.
    func endVisit(for job: ClientVisitJob, origin: LoopMailbox, token: Epoll.Token) {
        guard job.endLoop(of: group.mailboxes.count) else { return }
        if job.isLong, readers.submit(ReaderPool.Task(job: job, loop: origin, connection: token)) { return }
        origin.post(.finished(job, token))
    }

    private func includes(_ connection: Connection, _ filter: ClientFilter) -> Bool {
        filter.includes(
            id: connection.session.id, kind: connection.session.kind, username: connection.session.username,
            ageSeconds: ageSeconds(of: connection)
        ) { connection.addresses }
    }

    private func ageSeconds(of connection: Connection) -> Int {
        Int((context.now - min(connection.openedAt, context.now)) / 1_000_000_000)
    }

    func facts(of connection: Connection) -> ClientFacts {
        var facts = connection.session.facts
        (facts.address, facts.localAddress) = connection.addresses
        facts.fileDescriptor = Int(connection.socket.descriptor.rawValue)
        facts.ageSeconds = ageSeconds(of: connection)
        facts.idleSeconds = Int((context.now - min(connection.lastActivity, context.now)) / 1_000_000_000)
        facts.outputBytes = connection.output.count
        facts.totalMemoryBytes =
            facts.inputBytes + facts.trackingBytes + facts.outputBytes + Connection.plainBytes
            + connection.encryptionBytes
        facts.loop = index
        return facts
    }

    /// Connections visited in one turn: about a tenth of a millisecond's worth.
    private static let visitedClientsMax = 64
}
