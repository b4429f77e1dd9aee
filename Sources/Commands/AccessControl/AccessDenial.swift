/// Why a request is refused to its user.
public struct AccessDenial: Sendable, Equatable {
    /// The rules that forbid it, in the order in which Redis picks one of several selectors' reasons.
    public enum Reason: Int, Sendable, CaseIterable {
        case command, key
        /// A user or password that is none.
        case login
        case channel, database

        /// What `ACL LOG` and metrics call it.
        public var name: StaticString {
            switch self {
            case .command: "command"
            case .key: "key"
            case .login: "auth"
            case .channel: "channel"
            case .database: "database"
            }
        }
    }

    public let reason: Reason
    /// The argument that is at fault; 0, the command's name, where it is the command itself.
    let argument: Int

    /// The error reply, in Redis's words where Redis has the like.
    func errorText(of command: Command) -> String {
        switch reason {
        case .command: "NOPERM this user has no permissions to run the '\(command.fullName)' command"
        case .key: "NOPERM this user has no permissions to access one of the keys used as arguments"
        case .channel: "NOPERM this user has no permissions to access one of the channels used as arguments"
        case .database: "NOPERM this user has no permissions to access the database"
        case .login: "WRONGPASS invalid username-password pair or user is disabled."
        }
    }

    /// The error reply to a request of a transaction that was allowed when it was queued.
    var errorTextInTransaction: String {
        let why =
            switch reason {
            case .command: "no permission to execute the command or subcommand"
            case .key: "no permission to touch the specified keys"
            case .channel: "no permission to access one of the channels used as arguments to the command"
            case .database, .login: "no permission to access the database"
            }
        return """
            NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This \
            command is no longer allowed for the following reason: \(why)
            """
    }
}
