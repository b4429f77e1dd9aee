/// Why a request can never be parsed, whatever bytes follow.
///
/// The connection gets one error reply, in Redis's words, and closes.
public enum ProtocolError: Error, Equatable, Sendable {
    case invalidMultibulkLength
    case invalidBulkLength
    case multibulkCountTooLong
    case bulkCountTooLong
    case inlineTooLong
    case unbalancedQuotes
    case expectedBulk(found: UInt8)
    case unterminatedBulk

    /// The reply without its leading `-` and its line end; it may quote any byte of the client's.
    public var text: [UInt8] {
        if case .expectedBulk(let found) = self {
            let quoted = found == .carriageReturn || found == .lineFeed ? UInt8(ascii: " ") : found
            return Array("ERR Protocol error: expected '$', got '".utf8) + [quoted, UInt8(ascii: "'")]
        }
        return Array("ERR Protocol error: \(reason)".utf8)
    }

    private var reason: String {
        switch self {
        case .invalidMultibulkLength: "invalid multibulk length"
        case .invalidBulkLength: "invalid bulk length"
        case .multibulkCountTooLong: "too big mbulk count string"
        case .bulkCountTooLong: "too big bulk count string"
        case .inlineTooLong: "too big inline request"
        case .unbalancedQuotes: "unbalanced quotes in request"
        case .expectedBulk: "expected '$'"
        case .unterminatedBulk: "a bulk does not end with CRLF"
        }
    }
}
