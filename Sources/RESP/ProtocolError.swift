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

    /// The reply without its leading `-` and its line end.
    public var text: String {
        switch self {
        case .invalidMultibulkLength: "ERR Protocol error: invalid multibulk length"
        case .invalidBulkLength: "ERR Protocol error: invalid bulk length"
        case .multibulkCountTooLong: "ERR Protocol error: too big mbulk count string"
        case .bulkCountTooLong: "ERR Protocol error: too big bulk count string"
        case .inlineTooLong: "ERR Protocol error: too big inline request"
        case .unbalancedQuotes: "ERR Protocol error: unbalanced quotes in request"
        case .expectedBulk(let byte):
            // As Redis's %c, but for bytes that would break the reply's line.
            "ERR Protocol error: expected '$', got '\(Character(Unicode.Scalar((32...126).contains(byte) ? byte : 63)))'"
        case .unterminatedBulk: "ERR Protocol error: a bulk does not end with CRLF"
        }
    }
}
