/// Who may connect, and what each may do.
extension Setting {
    static let access: [Setting] = [
        .flag(
            "protected-mode", \.access.isProtected, section: .access, redisName: "protected-mode", runTime: true,
            "Answer only clients on this machine while there is no password.")
    ]
}
