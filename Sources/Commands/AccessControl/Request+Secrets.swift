import RESP

extension Request {
    /// Whether an argument of a request of `command` is a password, or may hold one: what no log repeats.
    func isSecret(argument index: Int, of command: CommandRow) -> Bool {
        switch command.action {
        case .auth: index > 0
        // A name and a password follow.
        case .hello: index > 2 && (isAuth(index - 1) || isAuth(index - 2))
        case .aclSetUser: index > 1
        case .configSet:
            index > 2 && !index.isMultiple(of: 2)
                && (self[index - 1].equalsIgnoringCase("requirepass") || self[index - 1].equalsIgnoringCase("password"))
        default: false
        }
    }

    private func isAuth(_ index: Int) -> Bool { index > 1 && self[index].equalsIgnoringCase("auth") }
}
