import Commands
import Platform
import ServerMetrics
import Synchronization

/// Clients that are shown the requests of all others.
extension Loop {
    /// Hands lines of requests to the loops that have monitors, this one among them.
    func share(_ lines: [UInt8]) {
        for (mailbox, metrics) in zip(group.mailboxes, group.metrics)
        where metrics.monitorClients.load(ordering: .relaxed) > 0 {
            mailbox.post(.monitored(lines))
        }
    }

    /// Shows lines to the monitors of this loop; one that does not read them is closed like any client that does not
    /// read its replies.
    func showMonitors(_ lines: [UInt8]) {
        context.monitorIDs.removeAll { id in
            guard let place = context.server.directory.place(of: id), place.loop == index,
                let connection = connection(for: Epoll.Token(rawValue: place.token)),
                connection.session.takeMonitored(lines)
            else { return true }
            if isWithinLimits(connection) { telling.append(connection.token) }
            return false
        }
    }
}
