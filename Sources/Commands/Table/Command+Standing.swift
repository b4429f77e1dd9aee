extension Command {
    /// Whether this server does what a command asks for, and why where it does not.
    public enum Standing: Sendable, Equatable {
        /// Answered as Redis answers.
        case supported
        /// Answered as Redis answers where every value is a string.
        case stringsOnly
        /// Refused as a replica refuses changes.
        case readOnly
        /// Refused, for a reason that completes "NAME is not available here: …".
        case refused(String)
        /// Refused likewise, and no later version of this server will have it.
        case never(String)

        static let noModules = Self.never("this server loads no modules")
        static let noScripting = Self.never("this server runs no scripts")

        /// Why the command is refused; `nil` where it is not, or where all changes are.
        var reason: String? {
            switch self {
            case .supported, .stringsOnly, .readOnly: nil
            case .refused(let reason), .never(let reason): reason
            }
        }

        /// The standing of a command whose row does not say otherwise.
        static func usual(_ action: Action) -> Self {
            switch action {
            case .write: .readOnly
            case .foreignRead: .stringsOnly
            case .publish: .refused("only the server itself publishes messages")
            case .cluster: .refused("this server is not in cluster mode")
            case .configRewrite:
                .refused("settings come from flags, the environment and a file that this server only reads")
            default: .supported
            }
        }
    }
}
