import Bytes
import Datasets
import Synchronization

/// All users as of one moment; never changes.
public final class AccessSnapshot: Sendable {
    public let users: [[UInt8]: AccessUser]
    /// Who somebody is that has not said so.
    public let defaultUser: AccessUser
    /// Grows with every change.
    let epoch: Int

    init(users: [[UInt8]: AccessUser], defaultUser: AccessUser, epoch: Int) {
        self.users = users
        self.defaultUser = defaultUser
        self.epoch = epoch
    }

    /// In the order of their names.
    var sorted: [AccessUser] { users.values.sorted { $0.name.lexicographicallyPrecedes($1.name) } }
}

/// The users of a server, and what has been refused to them.
///
/// Any thread may call. A change is one step: whoever looks sees all of it or nothing, and sessions look before each
/// batch of requests.
public final class AccessRegistry: Sendable {
    private struct State {
        var snapshot: AccessSnapshot
        var file: UsersFileAccess?
        /// The default user's, as the settings have it.
        var password: SHA256Digest?
        var onChange: @Sendable () -> Void = {}
    }

    /// Where `ACL LOAD` reads, and `ACL SAVE` writes.
    public struct UsersFileAccess: Sendable {
        public let path: String
        let read: @Sendable () throws(FileFailure) -> [UInt8]
        let write: @Sendable ([UInt8]) throws(FileFailure) -> Void

        /// - Parameters:
        ///   - path: For messages.
        ///   - read: Gives the whole file.
        ///   - write: Replaces the file in one step.
        public init(
            path: String, read: @escaping @Sendable () throws(FileFailure) -> [UInt8],
            write: @escaping @Sendable ([UInt8]) throws(FileFailure) -> Void
        ) {
            self.path = path
            self.read = read
            self.write = write
        }
    }

    /// Why a file of users cannot be read or written.
    public struct FileFailure: Error, Sendable {
        public let reason: String
        public init(reason: String) { self.reason = reason }
    }

    /// Why a file of users changes nothing: one line.
    public struct LoadFailure: Error, Sendable {
        public let text: String
    }

    let table: CommandTable
    let check: AccessCheck
    public let log = AccessLog()
    private let state: Mutex<State>
    private let currentEpoch = Atomic<Int>(0)
    private let lastIdentity = Atomic<Int>(0)
    private let deniedCommands = Atomic<Int>(0)
    private let deniedKeys = Atomic<Int>(0)
    private let deniedLogins = Atomic<Int>(0)
    private let deniedChannels = Atomic<Int>(0)
    private let deniedDatabases = Atomic<Int>(0)

    /// Begins with the default user, who needs no password and may do everything.
    init(_ table: CommandTable) {
        var unknown = AccessRules(table)
        unknown.isEnabled = true
        unknown.passwords = [SHA256.digest(of: Span())]
        stranger = AccessUser([], identity: -1, unknown)
        self.table = table
        check = AccessCheck(table)
        let user = AccessUser(Self.defaultName, identity: 0, .everything(table))
        state = Mutex(State(snapshot: AccessSnapshot(users: [user.name: user], defaultUser: user, epoch: 0)))
    }

    static let defaultName = Array("default".utf8)

    /// The number of the latest change; who has seen another looks at ``current``.
    @inline(__always) var epoch: Int { currentEpoch.load(ordering: .acquiring) }

    public var current: AccessSnapshot { state.withLock { $0.snapshot } }

    /// Told of every change, on the thread that made it; to have connections closed whose user is gone.
    public var onChange: @Sendable () -> Void {
        get { state.withLock { $0.onChange } }
        set { state.withLock { $0.onChange = newValue } }
    }

    /// `nil` where users come from nowhere and go nowhere.
    public var file: UsersFileAccess? {
        get { state.withLock { $0.file } }
        set { state.withLock { $0.file = newValue } }
    }

    // MARK: Passwords

    /// The user of a name and a password; `nil`, counted as refused, where there is none or it is off.
    ///
    /// Takes as long for a name that no user has as for one with a wrong password.
    func user(named name: [UInt8], password: Span<UInt8>) -> AccessUser? {
        let user = current.users[name]
        let isShort = password.count <= Self.passwordBytesMax
        let digest = SHA256.digest(of: isShort ? password : Span())
        guard (user ?? stranger).accepts(digest), isShort, let user else {
            count(.login)
            return nil
        }
        return user
    }

    /// Whom a password is held against where nobody has the name.
    private let stranger: AccessUser

    /// More is no password of anybody's: it would take long to hash.
    static let passwordBytesMax = 64 << 10

    // MARK: Changes

    /// Puts all users in place of those that there are; the default one, where not among them, is as `fallback` says.
    private func replaceAll(_ users: [(name: [UInt8], rules: AccessRules)], fallback: AccessRules) {
        change { snapshot, makeUser in
            var changed: [[UInt8]: AccessUser] = [:]
            for (name, rules) in users { changed[name] = makeUser(name, rules) }
            if changed[Self.defaultName] == nil { changed[Self.defaultName] = makeUser(Self.defaultName, fallback) }
            return changed
        }
    }

    /// Changes one user, or makes it: `change` gets the rules so far, those of one who may do nothing where there are none.
    func setUser<Failure: Error>(
        _ name: [UInt8], _ change: (inout AccessRules) throws(Failure) -> Void
    ) throws(Failure) {
        try self.change { (snapshot, makeUser) throws(Failure) in
            var rules = snapshot.users[name]?.rules ?? AccessRules(table)
            try change(&rules)
            var users = snapshot.users
            users[name] = makeUser(name, rules)
            return users
        }
    }

    /// Removes users; gives how many there were.
    func deleteUsers(_ names: [[UInt8]]) -> Int {
        var count = 0
        change { snapshot, _ in
            var users = snapshot.users
            count = 0
            for name in names where users.removeValue(forKey: name) != nil { count += 1 }
            return users
        }
        return count
    }

    /// Makes a change: `body` gives all users there are to be, from those that there are.
    ///
    /// It runs without the lock, for which loops wait, and again where there has been another change meanwhile: neither
    /// undoes the other.
    private func change<Failure: Error>(
        _ body: (AccessSnapshot, (_ name: [UInt8], _ rules: AccessRules) -> AccessUser) throws(Failure)
            -> [[UInt8]: AccessUser]
    ) throws(Failure) {
        while true {
            let before = current
            let users = try body(before) { name, rules in
                let known = before.users[name]?.identity
                return AccessUser(
                    name, identity: known ?? lastIdentity.add(1, ordering: .relaxed).newValue, rules)
            }
            let after = AccessSnapshot(
                users: users, defaultUser: users[Self.defaultName] ?? before.defaultUser, epoch: before.epoch + 1)
            guard let onChange = publish(after) else { continue }
            // The users of before, where they are nobody's any more, go with `before` and not under the lock.
            return onChange()
        }
    }

    /// Puts `snapshot` in the place of the one before it; `nil` where there is another there by now.
    private func publish(_ snapshot: AccessSnapshot) -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard state.snapshot.epoch == snapshot.epoch - 1 else { return nil }
            state.snapshot = snapshot
            currentEpoch.store(snapshot.epoch, ordering: .releasing)
            return state.onChange
        }
    }

    /// Users that there may be.
    static let usersMax = 10_000

    // MARK: Sources of users

    /// The default user's only password, or that it needs none.
    public struct DefaultPassword: Sendable {
        let digest: SHA256Digest?

        public init(_ password: String?) { digest = password.map { SHA256.digest(of: $0.utf8.span) } }
    }

    /// Sets the default user's only password, as Redis's `requirepass` does.
    public func setDefaultPassword(_ password: DefaultPassword) {
        let digest = password.digest
        state.withLock { $0.password = digest }
        setUser(Self.defaultName) { rules in
            rules.passwords = digest.map { [$0] } ?? []
            rules.hasNoPassword = digest == nil
        }
    }

    /// Reads ``file`` and puts its users in place of all there are; changes nothing where it has a mistake.
    ///
    /// Where the default user is not in it, everything is allowed to that user, with the password of the settings; and
    /// where there is no such password either, the file is refused.
    ///
    /// - Parameter settings: That password from now on; without it the one so far.
    /// - Throws: Every mistake of the file at once.
    public func load(_ settings: DefaultPassword? = nil) throws(LoadFailure) {
        guard let file else { throw LoadFailure(text: "there is no file of users") }
        let lines: [UInt8]
        do throws(FileFailure) {
            lines = try file.read()
        } catch {
            throw LoadFailure(text: "Error loading ACLs, opening file '\(file.path)': \(error.reason)")
        }
        try load(lines, from: file.path, settings)
    }

    /// Puts the users of lines like a file's in place of all there are, as ``load(_:)`` does.
    ///
    /// - Parameters:
    ///   - lines: Users, one a line.
    ///   - source: What mistakes call it.
    ///   - settings: The default user's password from now on; without it the one so far.
    /// - Throws: Every mistake at once, with nothing changed.
    public func load(_ lines: [UInt8], from source: String, _ settings: DefaultPassword?) throws(LoadFailure) {
        let password = settings.map(\.digest) ?? state.withLock { $0.password }
        let text: UsersFile
        do throws(UsersFile.Mistakes) {
            text = try UsersFile(lines, path: source, table)
        } catch {
            throw LoadFailure(text: error.text + Self.unchanged)
        }
        guard text.users.count <= Self.usersMax else {
            throw LoadFailure(text: "\(source): more than \(Self.usersMax) users. " + Self.unchanged)
        }
        let hasDefault = text.users.contains { $0.name == Self.defaultName }
        guard !hasDefault || password == nil else {
            throw LoadFailure(
                text: "\(source): the user default has rules here, and a password in the settings: one is too many. "
                    + Self.unchanged)
        }
        // Redis lets everybody in by a file without that line, an empty or a cut one included.
        guard hasDefault || password != nil else {
            throw LoadFailure(
                text: "\(source): says nothing of the user default, who would need no password: add a line such as "
                    + "'user default off'. " + Self.unchanged)
        }
        var fallback = AccessRules.everything(table)
        if let password {
            fallback.hasNoPassword = false
            fallback.passwords = [password]
        }
        state.withLock { $0.password = password }
        replaceAll(text.users, fallback: fallback)
    }

    private static let unchanged =
        "WARNING: ACL errors detected, no change to the previously active ACL rules was performed"

    /// Writes every user to ``file``.
    func save() throws(FileFailure) {
        guard let file else { throw FileFailure(reason: "there is no file of users") }
        var bytes: [UInt8] = []
        for user in current.sorted { bytes += user.line + [UInt8(ascii: "\n")] }
        try file.write(bytes)
    }

    // MARK: Counters

    /// How often something was refused, by reason; grows.
    public func denialCount(_ reason: AccessDenial.Reason) -> Int {
        switch reason {
        case .command: deniedCommands.load(ordering: .relaxed)
        case .key: deniedKeys.load(ordering: .relaxed)
        case .login: deniedLogins.load(ordering: .relaxed)
        case .channel: deniedChannels.load(ordering: .relaxed)
        case .database: deniedDatabases.load(ordering: .relaxed)
        }
    }

    func count(_ reason: AccessDenial.Reason) {
        switch reason {
        case .command: deniedCommands.add(1, ordering: .relaxed)
        case .key: deniedKeys.add(1, ordering: .relaxed)
        case .login: deniedLogins.add(1, ordering: .relaxed)
        case .channel: deniedChannels.add(1, ordering: .relaxed)
        case .database: deniedDatabases.add(1, ordering: .relaxed)
        }
    }
}
