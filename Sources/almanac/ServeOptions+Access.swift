internal import ArgumentParser
internal import Settings

extension ServeOptions {
    /// Who may connect, and what each may do.
    struct AccessOptions: ParsableArguments {
        @Option(help: help("protected-mode")) var protectedMode: String?
        @Option(help: help("password")) var password: String?
        @Option(help: help("password-file")) var passwordFile: String?
        @Option(help: help("users-file")) var usersFile: String?
        @Option(help: help("users")) var users: String?
        @Option(help: help("auth-timeout")) var authTimeout: String?
        @Option(help: help("acllog-max-len")) var acllogMaxLen: String?

        var values: [String: String?] {
            [
                "protected-mode": protectedMode, "password": password, "password-file": passwordFile,
                "users-file": usersFile, "users": users, "auth-timeout": authTimeout,
                "acllog-max-len": acllogMaxLen,
            ]
        }
    }
}
