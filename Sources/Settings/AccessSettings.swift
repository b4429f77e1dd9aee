/// Who may connect, and what each may do.
public struct AccessSettings: Sendable, Equatable {
    /// Whether a server without a password answers nobody but clients on this machine.
    public var isProtected = true

    init() {}
}
