public import RESP

/// A reply that the control makes, in either protocol.
public indirect enum DatasetAnswer: Sendable {
    /// A status, such as `OK`.
    case ok(String)
    case text(String)
    case integer(Int)
    case null
    /// An error, whose text starts with its code, as in `ERR no such version`.
    case error(String)
    case list([DatasetAnswer])
    /// Names and values; in RESP2 they come in turn, in one list.
    case map([(String, DatasetAnswer)])

    public func write(to reply: inout ReplyWriter) {
        switch self {
        case .ok(let text): reply.simple(text)
        case .text(let text): reply.bulk(text)
        case .integer(let number): reply.integer(number)
        case .null: reply.null()
        case .error(let text): reply.error(text)
        case .list(let elements):
            reply.array(count: elements.count)
            for element in elements { element.write(to: &reply) }
        case .map(let fields):
            reply.map(count: fields.count)
            for (name, value) in fields {
                reply.bulk(name)
                value.write(to: &reply)
            }
        }
    }
}
