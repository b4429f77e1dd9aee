/// Why a server could not be asked, or what it refused.
public struct RedisClientError: Error, Sendable, Equatable, CustomStringConvertible {
    public let kind: Kind
    /// One line for an operator, which names the server and never a password.
    public let description: String

    public enum Kind: Sendable, Equatable {
        /// The address cannot be understood, or not be spoken to by this client.
        case address
        /// No connection, or one that broke.
        case unreachable
        /// Connected, and no answer in time.
        case timeout
        /// What came is not the Redis protocol.
        case malformed
        /// The server answered with an error.
        case refused
    }

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
