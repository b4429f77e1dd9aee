extension CommandTable {
    /// Commands about users, and what each may do.
    static let accessControl: [Row] = [
        Row(
            "acl", .container, arity: -2, [], group: .server, since: "6.0.0", "Depends on subcommand.",
            "Holds the commands about users.",
            subcommands: [
                Row(
                    "whoami", .aclWhoami, arity: 2, [.noscript, .loading, .stale],
                    group: .server, since: "6.0.0", "O(1)", "Gives the name of the connection's user."),
                Row(
                    "cat", .aclCategories, arity: -2, [.noscript, .loading, .stale],
                    group: .server, since: "6.0.0", "O(N)", "Lists the categories, or the commands of one."),
                Row(
                    "list", .aclList, arity: 2, [.admin, .noscript, .loading, .stale],
                    group: .server, since: "6.0.0", "O(N)", "Lists the users with their rules."),
                Row(
                    "users", .aclUsers, arity: 2, [.admin, .noscript, .loading, .stale],
                    group: .server, since: "6.0.0", "O(N)", "Lists the names of the users."),
                Row(
                    "getuser", .aclGetUser, arity: 3, [.admin, .noscript, .loading, .stale],
                    group: .server, since: "6.0.0", "O(N)", "Gives the rules of a user."),
                Row(
                    "genpass", .aclGeneratePassword, arity: -2, [.noscript, .loading, .stale],
                    group: .server, since: "6.0.0", "O(1)", "Makes a password that nobody can guess."),
                Row(
                    "dryrun", .aclDryRun, arity: -4, [.admin, .noscript, .loading, .stale],
                    group: .server, since: "7.0.0", "O(1)", "Tells whether a user may run a command."),
                Row(
                    "log", .aclLog, arity: -2, [.admin, .noscript, .loading, .stale],
                    group: .server, since: "6.0.0", "O(N)", "Lists what has lately been refused."),
                Row(
                    "setuser", .aclSetUser, arity: -3, [.admin, .noscript, .loading, .stale],
                    group: .server, since: "6.0.0", "O(N)", "Changes a user, or makes one."),
                Row(
                    "deluser", .aclDeleteUser, arity: -3, [.admin, .noscript, .loading, .stale],
                    group: .server, since: "6.0.0", "O(1)", "Removes users, and closes their connections."),
                Row(
                    "save", .aclSave, arity: 2, [.admin, .noscript, .loading, .stale],
                    group: .server, since: "6.0.0", "O(N)", "Writes the users to their file."),
                Row(
                    "load", .aclLoad, arity: 2, [.admin, .noscript, .loading, .stale],
                    group: .server, since: "6.0.0", "O(N)", "Reads the users from their file."),
                Row(
                    "help", .aclHelp, arity: 2, [.loading, .stale], group: .server, since: "6.0.0", "O(1)",
                    "Lists the sub-commands."),
            ])
    ]

    /// The actions of these rows that ``AccessAnswers`` answers.
    static let accessActions: Set<Action> = Set(accessControl.flatMap(\.subcommands).map(\.action)).subtracting([
        .aclHelp
    ])
}
