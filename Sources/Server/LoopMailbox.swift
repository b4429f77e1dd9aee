import Commands
import Platform
import Synchronization

/// What other threads have for a loop.
final class LoopMailbox: Sendable {
    enum Message: Sendable {
        /// The descriptor of a connection that another loop accepted; this one owns it from here on.
        case connection(Int32)
        /// A job that a connection of this loop waits for.
        case finished(any SessionJob, Epoll.Token)
        /// Somebody asks who is connected; the last loop to answer posts the job to `origin`.
        case describeClients(ClientListJob, origin: LoopMailbox, connection: Epoll.Token)
        /// The catalog has changed: an idle loop must not hold an old version.
        case versionsChanged
        /// The settings have changed.
        case limits(Loop.Limits)
        /// Accept nothing more, answer what has been received, and end.
        case drain
        /// End now, whatever is left.
        case stop
    }

    let waker: Waker
    private let messages = Mutex<[Message]>([])

    init() throws(SystemError) {
        waker = try Waker()
    }

    func post(_ message: sending Message) {
        messages.withLock { $0.append(message) }
        waker.wake()
    }

    func takeAll() -> [Message] {
        messages.withLock { messages in
            let taken = messages
            messages.removeAll()
            return taken
        }
    }
}
