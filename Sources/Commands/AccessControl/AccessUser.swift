import Bytes
import Datasets

/// A user as of one moment; never changes, so that any thread may go by it.
public final class AccessUser: Sendable {
    public let name: [UInt8]
    /// Told from a user of the same name that was deleted before this one was made.
    let identity: Int
    public let rules: AccessRules
    /// Whether no request needs a look at the rules.
    let isUnrestricted: Bool

    init(_ name: [UInt8], identity: Int, _ rules: AccessRules) {
        self.name = name
        self.identity = identity
        self.rules = rules
        isUnrestricted = rules.isUnrestricted
    }

    public var printableName: String { String(decoding: name, as: UTF8.self) }

    /// Whether somebody who does not say who they are is this user, if it is the default one.
    public var isOpen: Bool { rules.isEnabled && rules.hasNoPassword }

    /// Databases that rules name, whether there are any of these numbers or not.
    public var databases: Set<Int> { rules.selectors.reduce(into: []) { $0.formUnion($1.databases ?? []) } }

    /// The line of `ACL LIST` and of a file of users.
    var line: [UInt8] { Array("user ".utf8) + name + [UInt8(ascii: " ")] + rules.text }

    /// Whether a password is one of this user's.
    ///
    /// All of them are looked at, each to its end, whatever matches.
    func accepts(_ password: SHA256Digest) -> Bool {
        var isAccepted = rules.hasNoPassword
        for known in rules.passwords where known.isEqualInConstantTime(to: password) { isAccepted = true }
        return isAccepted && rules.isEnabled
    }

    /// Whether a request that does these things is allowed, whatever the user's other rules forbid: for those who serve
    /// the same users otherwise than by commands.
    public func mayRun(commandNamed fullName: String, of table: CommandTable) -> Bool {
        guard let command = table.find(fullName: Array(fullName.utf8)) else { return false }
        return rules.selectors.contains { $0.allows(command, firstArgument: nil) }
    }

    /// Whether every `GET` on a database is allowed.
    func mayGetEveryKey(of database: Int, _ get: CommandRow) -> Bool {
        rules.selectors.contains {
            $0.allowsAllKeys && $0.allows(database: database) && $0.allows(get, firstArgument: nil)
        }
    }
}

extension SHA256Digest {
    /// Compares all bytes, so that the time tells nobody where two digests differ.
    func isEqualInConstantTime(to other: SHA256Digest) -> Bool {
        var difference: UInt8 = 0
        for index in bytes.indices { difference |= bytes[index] ^ other.bytes[index] }
        return difference == 0
    }
}
