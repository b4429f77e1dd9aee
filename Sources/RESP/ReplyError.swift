/// Why bytes from a server can never be a reply, whatever bytes follow.
public enum ReplyError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknownKind(UInt8)
    case invalidNumber
    case unterminatedLine
    case unterminatedBulk
    case lineTooLong
    case bulkTooLong
    case tooManyElements
    case tooLong
    case tooDeep

    public var description: String {
        switch self {
        case .unknownKind(let byte): "a reply begins with byte \(byte), which is none of the Redis protocol's"
        case .invalidNumber: "a number in a reply is not one"
        case .unterminatedLine: "a line of a reply does not end with CRLF"
        case .unterminatedBulk: "a string in a reply does not end with CRLF"
        case .lineTooLong: "a line of a reply is too long"
        case .bulkTooLong: "a string in a reply is too long"
        case .tooManyElements: "a reply has too many elements"
        case .tooLong: "a reply is too long"
        case .tooDeep: "a reply is nested too deeply"
        }
    }
}
