/// Who may connect, and what each may do.
extension Setting {
    static let access: [Setting] = [
        .flag(
            "protected-mode", \.access.isProtected, section: .access, redisName: "protected-mode", runTime: true,
            "Answer only clients that come over loopback while there is no password."),
        password,
        .path(
            "password-file", \.access.passwordPath, section: .access,
            "File that holds the password of those who name no user, rather than showing it in a list of processes."),
        .path(
            "users-file", \.access.usersPath, section: .access, redisName: "aclfile",
            "File of users, one a line: user NAME on >PASSWORD ~KEYS +COMMANDS, as Redis has it."),
        users,
        .duration(
            "auth-timeout", \.access.loginTimeout, in: .zero...(.seconds(86_400)), section: .access, runTime: true,
            "Close a client that has not shown its password for this long; 0: never."),
        .count(
            "acllog-max-len", \.access.logCountMax, in: 0...100_000, section: .access, redisName: "acllog-max-len",
            runTime: true, "Refusals that ACL LOG keeps."),
    ]

    private static let password: Setting = {
        var setting = Setting(
            key: "password", section: .access, kind: .text(utf8CountMax: passwordBytesMax),
            meaning: "Password of those who name no user; better in password-file, or in ALMANAC_PASSWORD.",
            redisName: "requirepass", canChangeAtRunTime: true, defaultNote: nil,
            read: { settings, text in
                guard 1...passwordBytesMax ~= text.utf8.count, !text.utf8.contains(0) else { return false }
                settings.access.password = text
                return true
            },
            write: { $0.access.password }, writeForRedis: { $0.access.password ?? "" },
            changeAsRedis: { settings, text in
                guard text.utf8.count <= passwordBytesMax else { return "argument is too long" }
                settings.access.password = text.isEmpty ? nil : text
                return nil
            })
        setting.isSecret = true
        setting.remove = { $0.access.password = nil }
        return setting
    }()

    private static let users: Setting = {
        var setting = Setting(
            key: "users", section: .access, kind: .text(utf8CountMax: usersBytesMax),
            meaning: "Users themselves, one a line as in users-file, where there is no such file.",
            redisName: nil, canChangeAtRunTime: false, defaultNote: nil,
            read: { settings, text in
                guard 1...usersBytesMax ~= text.utf8.count, !text.utf8.contains(0) else { return false }
                settings.access.users = text
                return true
            },
            write: { $0.access.users }, writeForRedis: { $0.access.users ?? "" })
        setting.isSecret = true
        setting.isReadAgain = true
        setting.remove = { $0.access.users = nil }
        return setting
    }()

    /// More is for a file.
    private static let usersBytesMax = 64 << 10
    /// As in Redis.
    private static let passwordBytesMax = 512
}
