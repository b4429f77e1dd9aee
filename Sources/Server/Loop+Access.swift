import Commands
import Logging
import Platform
import ServerMetrics

extension Loop {
    /// Closes connections whose user is gone, some at a time, lest thousands hold everybody up.
    ///
    /// The others go by their users' new rules already, before each request.
    func followUsers(from first: Int) {
        let end = min(first + Self.followedAtOnce, connections.count)
        for place in first..<end {
            guard let connection = connections[place] else { continue }
            // Who has a reply to come, such as the one to what did this, ends with it.
            let isEnding = connection.session.isEnding || connection.job != nil
            connection.session.followAccess()
            if connection.session.isRevoked, !isEnding { close(connection) }
        }
        if end < connections.count { mailbox.post(.usersChanged(from: end)) }
    }

    /// Whether protected mode keeps out who comes over `socket`, which is noted.
    func isKeptOut(_ socket: borrowing Socket) -> Bool {
        guard limits.isProtected, context.isOpenToEverybody, !socket.isLocal else { return false }
        metrics.connectionsRejected.add()
        if context.now >= nextKeptOutNote {
            nextKeptOutNote = context.now + 1_000_000_000
            logger.warning(
                "protected mode keeps a client out: it does not come over loopback, and there is no password",
                metadata: ["client": "\(socket.addresses().peer)"])
        }
        return true
    }

    /// The reply to a client that does not come over loopback, while everybody may do everything, sent before it is
    /// closed.
    static let isProtectedText = Array(
        """
        -DENIED protected mode: there is no password, so that only clients on this machine are answered. Set a password \
        (--password-file, ALMANAC_PASSWORD or CONFIG SET requirepass), or users with passwords (--users-file), or let \
        everybody in who can reach this port (--protected-mode no, or CONFIG SET protected-mode no).\r\n
        """.utf8)

    /// Connections that are looked at in one turn.
    private static let followedAtOnce = 64
}
