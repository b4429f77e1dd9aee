import ServerMetrics
public import Settings
public import TLS

extension Server {
    /// What new encrypted connections are made with, and the admin server's, too.
    public var tls: TLSContextSlot { group.tls }

    /// Reads the certificates that `settings` name, for connections that come from now on.
    ///
    /// Waits for the disk. Those that are open go on with what they have.
    ///
    /// - Throws: ``TLS/TLSError``, and everything is as before.
    public func readCertificates(_ settings: TLSSettings) throws(TLSError) {
        guard settings.isConfigured else { return }
        tls.current = try TLSContext(settings)
    }
}

extension TLSContext {
    /// Reads the certificates that `settings` name; waits for the disk.
    ///
    /// - Throws: ``TLS/TLSError``, which names the setting that is wrong.
    public convenience init(_ settings: TLSSettings) throws(TLSError) {
        try self.init(TLSServerConfiguration(settings))
    }
}

extension ServerObserver {
    /// What there is to tell of encrypted connections; `nil` without a certificate.
    public var tlsFacts: TLSFacts? {
        guard let context = group.tls.current else { return nil }
        return TLSFacts(
            certificateExpiry: context.notAfter, handshakes: group.metrics.total { $0.tls.handshakes.total },
            failedHandshakes: group.metrics.total { $0.tls.failedHandshakes.total })
    }
}

/// Counts of encrypted connections, over all loops.
public struct TLSFacts: Sendable, Equatable {
    /// When the certificate ends to be valid, in seconds since 1970.
    public let certificateExpiry: Int
    /// Clients that have shaken hands since the start.
    public let handshakes: Int
    /// Clients that have begun to and did not, in time or at all.
    public let failedHandshakes: Int
}

extension TLSServerConfiguration {
    /// - Throws: Where a certificate or its key is not named.
    init(_ settings: TLSSettings) throws(TLSError) {
        guard let certificate = settings.certificatePath else {
            throw TLSError("tls-cert-file must name the server's certificate")
        }
        guard let key = settings.keyPath else {
            throw TLSError("tls-key-file must name the private key of the certificate")
        }
        self.init(
            identity: TLSIdentity(
                certificatePath: certificate, keyPath: key, passphrase: settings.keyPassphrase),
            authorities: TLSAuthorities(
                filePath: settings.authoritiesPath, directoryPath: settings.authoritiesDirectoryPath))
        clientCertificates =
            switch settings.clientCertificates {
            case .yes: .required
            case .no: .none
            case .optional: .optional
            }
        protocols = Set(
            settings.protocols.map { version in
                switch version {
                case .tls12: .tls12
                case .tls13: .tls13
                }
            })
        ciphers = settings.ciphers
        cipherSuites = settings.cipherSuites
        prefersServerCiphers = settings.prefersServerCiphers
        resumesSessions = settings.cachesSessions
        sessionsMax = settings.sessionsMax
        sessionSeconds = Int(settings.sessionTime.components.seconds)
    }
}
