/// A certificate and its private key: who a server or a client is.
public struct TLSIdentity: Sendable, Equatable {
    /// PEM file of the certificate, followed by those that lead from it to an authority.
    public var certificatePath: String
    /// PEM file of its private key.
    public var keyPath: String
    /// For a key that is encrypted.
    public var passphrase: String?

    public init(certificatePath: String, keyPath: String, passphrase: String? = nil) {
        self.certificatePath = certificatePath
        self.keyPath = keyPath
        self.passphrase = passphrase
    }
}

/// Authorities whose word on certificates is taken; with neither file nor directory, those of the system.
public struct TLSAuthorities: Sendable, Equatable {
    /// PEM file of their certificates.
    public var filePath: String?
    /// Directory of such files, by the hashes that `openssl rehash` gives them.
    public var directoryPath: String?

    public var isEmpty: Bool { filePath == nil && directoryPath == nil }

    public init(filePath: String? = nil, directoryPath: String? = nil) {
        self.filePath = filePath
        self.directoryPath = directoryPath
    }
}

/// The versions of TLS that are spoken; older ones are broken.
public enum TLSProtocol: String, Sendable, CaseIterable {
    case tls12 = "TLSv1.2"
    case tls13 = "TLSv1.3"
}
