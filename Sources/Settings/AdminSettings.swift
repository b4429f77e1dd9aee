/// What operators and their tools look in through.
public struct AdminSettings: Sendable, Equatable {
    /// IP addresses that the admin server listens on; as in ``ServerSettings/bindAddresses``.
    public var bindAddresses: [String] = ["127.0.0.1", "::1"]
    /// TCP port of the admin server; 0: there is none.
    public var port: UInt16 = 0
    /// Whether it speaks TLS, and nothing else, with the certificates of ``ServerSettings/tls``.
    public var usesTLS = false
    /// How long `/readyz` says that the server is stopping before it does, with all going on as before.
    public var drainDelay = Duration.zero

    init() {}
}
