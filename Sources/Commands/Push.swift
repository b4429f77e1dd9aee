import RESP

/// Something for a client that no request of it asked for.
enum Push: Sendable {
    case message(channel: [UInt8], [UInt8])
    case patternMessage(pattern: [UInt8], channel: [UInt8], [UInt8])

    /// About what it takes while it waits for the client.
    var byteCount: Int {
        switch self {
        case .message(let channel, let message): channel.count + message.count + Self.overheadBytes
        case .patternMessage(let pattern, let channel, let message):
            pattern.count + channel.count + message.count + Self.overheadBytes
        }
    }

    func write(to reply: inout ReplyWriter) {
        switch self {
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

    var isEmpty: Bool { pushes.isEmpty }

    mutating func append(_ push: Push) {
        pushes.append(push)
        byteCount += push.byteCount
    }

    mutating func removeAll() { self = PendingPushes() }
}
