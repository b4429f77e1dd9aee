import Bytes
import Commands
import Platform
import RESP
import ServerMetrics

/// Replies on their way to the socket.
extension Loop {
    /// Sends ``replies`` and finds out how the connection goes on.
    func deliver(to connection: Connection) {
        guard isTracing ? tracedSend(to: connection) : send(to: connection) else { return }
        guard !connection.isAtRest, isWithinLimits(connection) else { return }
        goOn(connection)
    }

    /// Sends ``replies``, or keeps what the kernel does not take; false where the connection is gone.
    @inline(__always)
    func send(to connection: Connection) -> Bool {
        guard !replies.output.isEmpty else { return true }
        defer { releaseReplies() }
        if connection.isEncrypted, !encryptReplies(to: connection) {
            close(connection)
            return false
        }
        if connection.output.isEmpty {
            switch connection.socket.send(replies.output.span) {
            case .bytes(let count):
                metrics.writes.add()
                metrics.bytesSent.add(count)
                connection.lastActivity = context.now
                if count < replies.output.count {
                    connection.output.append(replies.output.span.extracting(count...))
                    // The kernel's buffer may have drained since: only a send that would block makes epoll tell.
                    return flush(connection)
                }
            case .wouldBlock:
                connection.isWritable = false
                connection.output.append(replies.output.span)
            case .end, .failed:
                close(connection)
                return false
            }
        } else {
            connection.output.append(replies.output.span)
            if connection.isWritable { return flush(connection) }
        }
        return true
    }

    func releaseReplies() {
        replies.output.removeAll()
        if replies.output.capacity > Self.keptReplyBytesMax { replies.output.release() }
    }

    /// Sends what waits; false where the connection is gone.
    func flush(_ connection: Connection) -> Bool {
        guard let sent = connection.flush() else {
            close(connection)
            return false
        }
        metrics.bytesSent.add(sent)
        if sent > 0 {
            connection.lastActivity = context.now
            countHeldBytes(of: connection)
        }
        return true
    }
}
