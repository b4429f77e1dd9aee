public import Commands
import Platform
import Synchronization

extension ServerObserver {
    /// Whether everybody may see all that clients ask for and get: the default user has no password, and no rules that
    /// keep anything from it.
    public var isOpenToEverybody: Bool {
        let user = state.access.current.defaultUser
        return user.isOpen && user.maySeeEverything(by: state.table)
    }

    /// Whether clients that name no user need no password, whatever they may do then.
    public var letsInWithoutPassword: Bool { state.access.current.defaultUser.isOpen }

    /// How many users there are, the default one among them.
    public var userCount: Int { state.access.current.users.count }

    /// Whether, as long as that is so, only this machine is answered.
    public var isProtected: Bool { group.isProtected.load(ordering: .relaxed) }

    /// The user of a name and a password; `nil` where they are nobody's, which `ACL LOG` and the log are told.
    ///
    /// The address is that of who shows them, with its port; the purpose what for, such as `/lookup`.
    public func user(named name: String, password: String, from address: String, for purpose: String) -> AccessUser? {
        if let user = state.access.user(named: name, password: password) { return user }
        let visit = visit(from: address, for: purpose)
        state.access.noteRefusedPassword(of: name, visit)
        refusedPasswords.note(name: Array(name.utf8), address: address, now: visit.time)
        return nil
    }

    /// Whether a user may see all that clients ask for and get, as by `MONITOR`.
    public func mayMonitor(_ user: AccessUser) -> Bool { user.mayRun(commandNamed: "monitor", of: state.table) }

    /// Whether a user may see the value of a key, as by `GET`; a refusal is counted and told to `ACL LOG`.
    ///
    /// The address is that of who asks, with its port; the purpose what for, such as `/lookup`.
    public func mayGet(
        _ key: [UInt8], in database: Int, _ user: AccessUser, from address: String, for purpose: String
    ) -> Bool {
        state.access.mayGet(key, ofDatabase: database, user, visit(from: address, for: purpose))
    }

    private func visit(from address: String, for purpose: String) -> AccessRegistry.Visit {
        AccessRegistry.Visit(address: address, purpose: purpose, time: Clock.monotonicNanoseconds())
    }
}
