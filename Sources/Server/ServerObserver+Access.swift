import Commands
import Synchronization

extension ServerObserver {
    /// Whether there is no password, so that everybody may do everything.
    public var isOpenToEverybody: Bool { state.access.current.defaultUser.isOpen }

    /// How many users there are, the default one among them.
    public var userCount: Int { state.access.current.users.count }

    /// Whether, as long as that is so, only this machine is answered.
    public var isProtected: Bool { group.isProtected.load(ordering: .relaxed) }

    /// Whether a name and a password are those of a user who may see all that clients ask for and get, as by MONITOR.
    public func isOperator(named name: String, password: String) -> Bool {
        user(named: name, password: password)?.mayRun(commandNamed: "monitor", of: state.table) ?? false
    }
}
