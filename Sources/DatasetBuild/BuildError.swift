/// Why a dataset was not built; nothing is left at the output path.
public struct BuildError: Error, Equatable, CustomStringConvertible {
    public let kind: Kind
    /// One line for the operator: what is wrong, where, and what to do.
    public let description: String

    public enum Kind: Sendable, Equatable {
        /// Options that cannot be carried out, such as an output that exists.
        case usage
        /// Rows, or compressed data, that are not what they should be.
        case badData
        /// The operating system, or the storage engine, refused or failed.
        case inputOutput
        /// A server cannot be reached, went away, or does not answer as one.
        case unreachable
        /// A signal of this number asked the build to stop.
        case interrupted(signal: Int32)
    }

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
