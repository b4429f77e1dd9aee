import RESP

/// For those who serve the same users otherwise than by commands; any thread.
extension AccessRegistry {
    /// The user of a name and a password; `nil`, counted as refused, where there is none or it is off.
    ///
    /// Takes as long for a name that no user has as for one with a wrong password.
    public func user(named name: String, password: String) -> AccessUser? {
        user(named: Array(name.utf8), password: password.utf8.span)
    }

    /// Whether a user's rules allow `GET` of a key; a refusal to a visitor is counted and kept for `ACL LOG`.
    public func mayGet(_ key: [UInt8], ofDatabase database: Int, _ user: AccessUser, _ visit: Visit) -> Bool {
        guard let get = table.find(fullName: Array("get".utf8)) else { return false }
        var denial: AccessDenial?
        RequestCopy([Array("GET".utf8), key]).withRequest { request in
            denial = check.denial(of: user, get, request, in: AccessCheck.Place(database: database, databases: []))
        }
        guard let denial else { return true }
        count(denial.reason)
        note(denial.reason, about: denial.reason == .key ? key : Array("get".utf8), user: user.name, visit)
        return false
    }

    /// Keeps for `ACL LOG` that a password was refused, which has been counted.
    public func noteRefusedPassword(of name: String, _ visit: Visit) {
        note(.login, about: Array(visit.purpose.utf8), user: Array(name.utf8), visit)
    }

    /// Somebody who is no client, and what they came for.
    public struct Visit: Sendable {
        /// Of the visitor, with its port.
        public var address: String
        /// In place of a command, such as `/lookup`.
        public var purpose: String
        /// In nanoseconds of the monotonic clock.
        public var time: UInt64

        public init(address: String, purpose: String, time: UInt64) {
            (self.address, self.purpose, self.time) = (address, purpose, time)
        }
    }

    private func note(_ reason: AccessDenial.Reason, about object: [UInt8], user: [UInt8], _ visit: Visit) {
        var facts = ClientFacts()
        facts.address = visit.address
        facts.lastCommand = visit.purpose
        log.add(
            AccessLog.Entry(
                reason, isInTransaction: false, object: object, username: user, time: visit.time, client: facts.line))
    }
}

extension AccessUser {
    /// Whether its rules keep nothing from it: no request of anybody's, and no value of any dataset.
    public func maySeeEverything(by table: CommandTable) -> Bool {
        guard let monitor = table.find(fullName: Array("monitor".utf8)),
            let get = table.find(fullName: Array("get".utf8))
        else { return false }
        return rules.selectors.contains {
            $0.allowsReadingAllKeys && $0.databases == nil && $0.allows(monitor, firstArgument: nil)
                && $0.allows(get, firstArgument: nil)
        }
    }
}
