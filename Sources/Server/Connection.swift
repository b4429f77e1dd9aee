import Bytes
import Commands
import Platform
import TLS

/// One client's socket, with the session that understands it and the output that waits for it.
///
/// Belongs to one loop. An idle connection holds neither input nor output memory.
final class Connection {
    let socket: Socket
    let session: Session
    let isEncrypted: Bool
    /// What encrypts the connection, from its first bytes on.
    var tls: TLSSession?
    let token: Epoll.Token
    let openedAt: UInt64
    /// How far an encrypted connection has come.
    var handshake = Handshake.none
    /// Since when the loop waits for its next step, in nanoseconds of the monotonic clock.
    var handshakeSince: UInt64
    /// Replies that the kernel has not taken yet, as they are to be sent.
    var output = ByteBuffer()
    /// Whether there may be something to read; cleared by a read that comes back short.
    var isReadable = false
    var isWritable = true
    /// Whether an end of input waits behind what can be read.
    var isEnding = false
    /// Whether the connection has been reset, so that what its session waits for may be dropped.
    var isBroken = false
    /// Whether the peer will send nothing more: what is here is still answered.
    var hasEnded = false
    /// Whether the connection is in the loop's queue.
    var isQueued = false
    /// Whether the connection is among those that `CLIENT PAUSE` holds back.
    var isHeldBack = false
    var isClosed = false
    /// Set once all is answered while the peer still sends: its bytes are dropped until then, because
    /// closing with unread input would reset the connection and could cost the peer its last replies.
    var lingersUntil: UInt64?
    /// When the client last sent something or was sent something, in nanoseconds of the monotonic clock.
    var lastActivity: UInt64
    /// Bytes that the connection counted for in its loop's total when last looked at.
    var heldBytes = 0
    /// About what ``tls`` takes of them: not a request's or a reply's, and not held against the limits of those.
    var encryptionBytes = 0
    /// What counted of requests and replies, as long as its client has to show a password first; 0 afterwards.
    var strangerBytes = 0
    /// What the socket has been told; 0: no probes.
    var keepaliveSeconds: Int
    /// Since when more replies wait than the soft limit allows, in nanoseconds of the monotonic clock.
    var overSoftLimitSince: UInt64?
    /// Both ends as text, once somebody has asked; they never change.
    private(set) lazy var addresses = socket.addresses()
    /// The job that the session waits for, while it is with the readers.
    var job: (any SessionJob)?

    init(
        socket: consuming Socket, session: Session, isEncrypted: Bool, token: Epoll.Token, keepaliveSeconds: Int,
        now: UInt64
    ) {
        self.socket = socket
        self.session = session
        self.isEncrypted = isEncrypted
        self.token = token
        self.keepaliveSeconds = keepaliveSeconds
        openedAt = now
        handshakeSince = now
        lastActivity = now
    }

    enum Handshake {
        /// Not encrypted, or done.
        case none
        /// Nothing has come yet.
        case silent
        /// What has come waits until fewer shake hands.
        case queued
        /// It is one of those that shake hands.
        case active
    }

    /// Whether nothing is to be done before the client sends something, and nothing is held for it.
    var isAtRest: Bool {
        !(isReadable || hasEnded || isEnding || isBroken) && output.isEmpty && heldBytes == encryptionBytes
            && session.isAtRest
    }

    /// About what an idle connection takes on the heap, without encryption.
    static let plainBytes = 1_024

    /// Sends what the kernel takes of ``output``.
    ///
    /// - Returns: How many bytes; `nil` where the connection is gone.
    func flush() -> Int? {
        var sent = 0
        while isWritable, !output.isEmpty {
            switch socket.send(output.span) {
            case .bytes(let count):
                output.removeFirst(count)
                sent += count
            case .wouldBlock: isWritable = false
            case .end, .failed: return nil
            }
        }
        if output.isEmpty, output.capacity > 0 { output.release() }
        return sent
    }
}
