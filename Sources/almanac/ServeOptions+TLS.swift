internal import ArgumentParser
internal import Settings

extension ServeOptions {
    /// Encrypted connections.
    struct TLSOptions: ParsableArguments {
        @Option(help: help("tls-port")) var tlsPort: String?
        @Option(help: help("tls-cert-file")) var tlsCertFile: String?
        @Option(help: help("tls-key-file")) var tlsKeyFile: String?
        @Option(help: help("tls-key-file-pass")) var tlsKeyFilePass: String?
        @Option(help: help("tls-ca-cert-file")) var tlsCaCertFile: String?
        @Option(help: help("tls-ca-cert-dir")) var tlsCaCertDir: String?
        @Option(help: help("tls-auth-clients")) var tlsAuthClients: String?
        @Option(help: help("tls-protocols")) var tlsProtocols: String?
        @Option(help: help("tls-ciphers")) var tlsCiphers: String?
        @Option(help: help("tls-ciphersuites")) var tlsCiphersuites: String?
        @Option(help: help("tls-prefer-server-ciphers")) var tlsPreferServerCiphers: String?
        @Option(help: help("tls-session-caching")) var tlsSessionCaching: String?
        @Option(help: help("tls-session-cache-size")) var tlsSessionCacheSize: String?
        @Option(help: help("tls-session-cache-timeout")) var tlsSessionCacheTimeout: String?
        @Option(help: help("tls-handshake-timeout")) var tlsHandshakeTimeout: String?
        @Option(help: help("tls-handshakes-max")) var tlsHandshakesMax: String?

        var values: [String: String?] {
            [
                "tls-port": tlsPort, "tls-cert-file": tlsCertFile, "tls-key-file": tlsKeyFile,
                "tls-key-file-pass": tlsKeyFilePass, "tls-ca-cert-file": tlsCaCertFile,
                "tls-ca-cert-dir": tlsCaCertDir, "tls-auth-clients": tlsAuthClients, "tls-protocols": tlsProtocols,
                "tls-ciphers": tlsCiphers, "tls-ciphersuites": tlsCiphersuites,
                "tls-prefer-server-ciphers": tlsPreferServerCiphers, "tls-session-caching": tlsSessionCaching,
                "tls-session-cache-size": tlsSessionCacheSize, "tls-session-cache-timeout": tlsSessionCacheTimeout,
                "tls-handshake-timeout": tlsHandshakeTimeout, "tls-handshakes-max": tlsHandshakesMax,
            ]
        }
    }
}
