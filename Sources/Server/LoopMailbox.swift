import Commands
import Platform
import Synchronization

/// What other threads have for a loop.
final class LoopMailbox: Sendable {
    enum Message: Sendable {
        /// The descriptor of a connection that another loop accepted; this one owns it from here on.
        case connection(Int32, isEncrypted: Bool)
        /// A job that a connection of this loop waits for, and how long it took where readers did it.
        case finished(any SessionJob, Epoll.Token, JobTimes = JobTimes())
        /// Somebody asks about the connections, of which those from a place on have yet to be visited; the last loop
        /// to end sends the job on its way to `origin`.
        case visitClients(ClientVisitJob, origin: LoopMailbox, connection: Epoll.Token, from: Int)
        /// All connections together hold too much: close those of this loop that hold most.
        case evictClients
        /// The catalog has changed: an idle loop must not hold an old version, and whoever swaps waits for it.
        case versionsChanged(Adoption?)
        /// For every connection that subscribes to the channel.
        case published(channel: [UInt8], message: [UInt8])
        /// Lines for every monitor.
        case monitored([UInt8])
        /// The cache of a client is out of date that has named this connection to be told.
        case invalidation(Epoll.Token)
        /// The settings have changed; who changed them waits for it.
        case limits(Loop.Limits, Adoption?)
        /// The connections from a place on have yet to go by settings that changed.
        case limitClients(from: Int, Adoption?)
        /// The users have changed: connections from a place on are to be closed whose user is gone.
        case usersChanged(from: Int)
        /// Whether the loop still turns.
        case question(LoopPulse.Question)
        /// Accept nothing more, answer what has been received, and end.
        case drain
        /// End now, whatever is left.
        case stop
    }

    let waker: Waker
    private let state = Mutex(State())

    private struct State {
        var messages: [Message] = []
        /// Whether the loop has ended, or is about to: nobody would read another message.
        var isClosed = false
    }

    init() throws(SystemError) {
        waker = try Waker()
    }

    /// Leaves a message and wakes the loop.
    ///
    /// - Returns: False where the loop has ended, so that the sender must see to what it meant to hand over.
    @discardableResult func post(_ message: sending Message) -> Bool {
        let isTaken = state.withLock { state in
            if !state.isClosed { state.messages.append(message) }
            return !state.isClosed
        }
        if isTaken { waker.wake() }
        return isTaken
    }

    func takeAll() -> [Message] {
        state.withLock { state in
            let taken = state.messages
            state.messages.removeAll()
            return taken
        }
    }

    /// Takes nothing more, unless there are messages to read first; whether it is closed.
    func closeIfEmpty() -> Bool {
        state.withLock { state in
            if state.messages.isEmpty { state.isClosed = true }
            return state.isClosed
        }
    }

    /// Takes nothing more, and gives what is left.
    func close() -> [Message] {
        state.withLock { $0.isClosed = true }
        return takeAll()
    }
}
