import Bytes
import RESP

/// Something for a client that no request of it asked for.
enum Push: Sendable {
    case message(channel: [UInt8], [UInt8])
    case patternMessage(pattern: [UInt8], channel: [UInt8], [UInt8])
    /// Lines for a monitor, each a whole reply; shared by all monitors.
    case monitored([UInt8])
    /// All that the client has cached is out of date.
    case invalidation
    /// The same, of a client that has this one told.
    case redirectedInvalidation

    /// About what it takes while it waits for the client.
    var byteCount: Int {
        switch self {
        case .message(let channel, let message): channel.count + message.count + Self.overheadBytes
        case .patternMessage(let pattern, let channel, let message):
            pattern.count + channel.count + message.count + Self.overheadBytes
        case .monitored(let lines): lines.count + Self.overheadBytes
        case .invalidation, .redirectedInvalidation: Self.overheadBytes
        }
    }

    /// Adds the push as it is for the client of `session`; nothing where it means nothing to that client now.
    func write(for session: Session, to reply: inout ReplyWriter) {
        switch self {
        case .invalidation: session.writeInvalidation(to: &reply)
        case .redirectedInvalidation: session.writeRedirectedInvalidation(to: &reply)
        case .monitored(let lines): reply.output.append(lines.span)
        case .message(let channel, let message):
            reply.push(count: 3)
            reply.bulk("message" as StaticString)
            reply.bulk(channel.span)
            reply.bulk(message.span)
        case .patternMessage(let pattern, let channel, let message):
            reply.push(count: 4)
            reply.bulk("pmessage" as StaticString)
            reply.bulk(pattern.span)
            reply.bulk(channel.span)
            reply.bulk(message.span)
        }
    }

    private static let overheadBytes = 64
}

/// What waits until a session is between two replies.
struct PendingPushes {
    private(set) var pushes: [Push] = []
    private(set) var byteCount = 0
    private var hasInvalidation = false
    private var hasRedirectedInvalidation = false

    var isEmpty: Bool { pushes.isEmpty }

    mutating func append(_ push: Push) {
        // Being out of date once is enough: the latest such message has to come, and need not come twice.
        switch push {
        case .invalidation:
            if hasInvalidation { return }
            hasInvalidation = true
        case .redirectedInvalidation:
            if hasRedirectedInvalidation { return }
            hasRedirectedInvalidation = true
        case .message, .patternMessage, .monitored: break
        }
        pushes.append(push)
        byteCount += push.byteCount
    }
}
