/// Why a rule of a user is not taken.
public enum AccessRuleError: Error, Sendable, Equatable {
    case syntax
    case unknownCommand
    case patternAfterAllKeys
    case patternAfterAllChannels
    case unknownPassword
    case badHash
    case firstArgumentOfSubcommand
    /// The user would have more rules than anybody needs.
    case tooLong

    /// In Redis's words, where Redis has the like.
    var text: String {
        switch self {
        case .syntax: "Syntax error"
        case .unknownCommand: "Unknown command or category name in ACL"
        case .patternAfterAllKeys:
            """
            Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. \
            Try 'resetkeys' to start with an empty list of patterns
            """
        case .patternAfterAllChannels:
            """
            Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any \
            effect. Try 'resetchannels' to start with an empty list of channels
            """
        case .unknownPassword: "The password you are trying to remove from the user does not exist"
        case .badHash:
            "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"
        case .firstArgumentOfSubcommand: "Allowing first-arg of a subcommand is not supported"
        case .tooLong: "A user may not have so many rules"
        }
    }
}
