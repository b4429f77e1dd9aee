/// What a server's side of encrypted connections goes by.
public struct TLSServerConfiguration: Sendable, Equatable {
    public var identity: TLSIdentity
    /// Whose word on clients' certificates is taken.
    public var authorities: TLSAuthorities
    public var clientCertificates = ClientCertificates.required
    /// Not empty.
    public var protocols: Set<TLSProtocol> = Set(TLSProtocol.allCases)
    /// Ciphers of TLS 1.2 in OpenSSL's notation; `nil`: OpenSSL's own choice.
    public var ciphers: String?
    /// Those of TLS 1.3.
    public var cipherSuites: String?
    /// Whether the server's order of ciphers counts, not the client's.
    public var prefersServerCiphers = false
    /// Whether clients that come again may leave out most of the handshake.
    public var resumesSessions = true
    /// Sessions kept for clients that cannot keep them themselves; at least 1.
    public var sessionsMax = 20_480
    /// How long a session may be resumed, in seconds.
    public var sessionSeconds = 300

    /// What clients have to show.
    public enum ClientCertificates: String, Sendable, CaseIterable {
        case required = "yes"
        case none = "no"
        /// A certificate may be left out, but not be wrong.
        case optional
    }

    public init(identity: TLSIdentity, authorities: TLSAuthorities = TLSAuthorities()) {
        self.identity = identity
        self.authorities = authorities
    }
}
