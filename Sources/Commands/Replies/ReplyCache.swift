import Bytes
import RESP
import Synchronization

/// Long replies that are always the same, made when first asked for; any thread.
final class ReplyCache: Sendable {
    enum Name: Hashable {
        case commands, documentation
    }

    private struct Key: Hashable {
        let name: Name
        let version: ProtocolVersion
    }

    // Held while a reply is made: whoever asks for it meanwhile waits a few milliseconds, once in a process's life.
    private let replies = Mutex<[Key: [UInt8]]>([:])

    /// Writes the reply of this name, made by `make` where it has not been made yet in the form of `reply`.
    func write(_ name: Name, to reply: inout ReplyWriter, make: (inout ReplyWriter) -> Void) {
        let key = Key(name: name, version: reply.version)
        let bytes = replies.withLock { replies in
            if let bytes = replies[key] { return bytes }
            var writer = ReplyWriter(version: key.version)
            make(&writer)
            let bytes = [UInt8](copying: writer.output.span)
            replies[key] = bytes
            return bytes
        }
        reply.output.append(bytes.span)
    }
}
