public import RedisClient
public import Storage

/// Why a dataset could not be looked into; what is merely wrong with it is a result, not an error.
public struct InspectionError: Error, Sendable, Equatable, CustomStringConvertible {
    public let kind: Kind
    /// One line for an operator.
    public let description: String

    public enum Kind: Sendable, Equatable {
        /// A server's address that cannot be understood.
        case usage
        /// The path holds no dataset, or its files are not what they should be.
        case badData
        /// The operating system refused or failed.
        case inputOutput
        /// A server cannot be reached, or does not answer as one.
        case unreachable
    }

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    public init(_ error: EngineError, reading path: String) {
        let kind: Kind = error.kind == .io ? .inputOutput : .badData
        self.init(kind, error.message.hasPrefix(path) ? error.message : "\(path): \(error.message)")
    }

    public init(_ error: RedisClientError) {
        self.init(error.kind == .address ? .usage : .unreachable, error.description)
    }
}
