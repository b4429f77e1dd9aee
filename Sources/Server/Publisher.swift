/// Sends messages to the clients that subscribe to them.
///
/// Any thread, for as long as it likes: once the server has stopped, messages go nowhere.
public struct Publisher: Sendable {
    let group: LoopGroup

    /// Sends `message` to every client that subscribes to `channel`, or to a pattern that it matches.
    ///
    /// Returns at once; messages of one thread arrive in their order.
    public func publish(channel: String, message: [UInt8]) {
        for mailbox in group.mailboxes {
            mailbox.post(.published(channel: Array(channel.utf8), message: message))
        }
    }
}
