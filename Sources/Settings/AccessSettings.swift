/// Who may connect, and what each may do.
public struct AccessSettings: Sendable, Equatable {
    /// Whether a server without a password answers nobody but clients on this machine.
    public var isProtected = true
    /// The default user's; `nil`: it needs none, unless the file of users says otherwise.
    public var password: String?
    /// A file that holds the password, and nothing else but a line end.
    public var passwordPath: String?
    /// Users, one a line as in a file of users.
    public var users: String?
    /// A file of users, in Redis's form.
    public var usersPath: String?
    /// How long a client may take to show its password; `.zero`: for ever.
    public var loginTimeout = Duration.seconds(30)
    /// Refusals that `ACL LOG` keeps.
    public var logCountMax = 128

    /// Whether they say nothing of who may connect: no password, no users.
    public var namesNobody: Bool { password == nil && passwordPath == nil && users == nil && usersPath == nil }

    init() {}
}
