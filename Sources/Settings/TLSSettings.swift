/// Encrypted connections.
public struct TLSSettings: Sendable, Equatable {
    /// TCP port that speaks the Redis protocol over TLS; 0: there is none.
    public var port: UInt16 = 0
    /// PEM file of the server's certificate and those between it and its authority.
    public var certificatePath: String?
    /// PEM file of its private key.
    public var keyPath: String?
    /// For a private key that is encrypted.
    public var keyPassphrase: String?
    /// Whose certificates of clients count: a PEM file, a directory of them, or both.
    public var authoritiesPath: String?
    public var authoritiesDirectoryPath: String?
    /// Whether clients must show a certificate.
    public var clientCertificates = ClientCertificatePolicy.yes
    /// The protocols that are spoken; not empty.
    public var protocols: [ProtocolVersion] = [.tls12, .tls13]
    /// Ciphers of TLS 1.2 in OpenSSL's notation; `nil`: OpenSSL's own choice.
    public var ciphers: String?
    /// Those of TLS 1.3.
    public var cipherSuites: String?
    /// Whether the server's order of ciphers counts, not the client's.
    public var prefersServerCiphers = false
    /// Whether clients that come again may resume their session.
    public var cachesSessions = true
    /// Sessions that the server keeps.
    public var sessionsMax = 20_480
    /// How long a session may be resumed, in whole seconds.
    public var sessionTime = Duration.seconds(300)
    /// How long a client may take to shake hands.
    public var handshakeTimeout = Duration.seconds(10)
    /// Connections of one loop that may be shaking hands; one more ends the one that has been at it longest.
    public var handshakesMax = 1_024

    /// Whether there is anything to encrypt with, for whatever port.
    public var isConfigured: Bool { port != 0 || certificatePath != nil || keyPath != nil }

    /// The versions of TLS that are spoken, by Redis's names.
    public enum ProtocolVersion: String, Sendable, CaseIterable {
        case tls12 = "TLSv1.2"
        case tls13 = "TLSv1.3"
    }

    /// Whether clients must show a certificate, may, or are not asked for one.
    public enum ClientCertificatePolicy: String, Sendable, CaseIterable {
        case yes, no, optional
    }

    init() {}
}
