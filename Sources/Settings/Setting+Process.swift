/// How the process itself lives.
extension Setting {
    static let process: [Setting] = [
        Setting(
            key: "user", section: .process, kind: .account,
            meaning: "User to become, for good, after a start as root.", redisName: nil, canChangeAtRunTime: false,
            defaultNote: "stay who it is",
            read: { settings, text in
                guard isAccount(text) else { return false }
                settings.user = text
                return true
            },
            write: { $0.user }, writeForRedis: { $0.user ?? "" })
    ]

    /// Whether `text` could be a user's name or number; useradd(8) takes no more.
    private static func isAccount(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count) && text.first != "-"
            && text.utf8.allSatisfy { byte in
                let character = Character(Unicode.Scalar(byte))
                return character.isASCII && (character.isLetter || character.isNumber || "_.-".contains(character))
            }
    }
}
