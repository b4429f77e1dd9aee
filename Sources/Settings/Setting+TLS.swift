/// Encrypted connections, each setting under Redis's own name.
extension Setting {
    static let tls: [Setting] = [
        .count(
            "tls-port", \.tls.port, in: 0...65_535, section: .tls, redisName: "tls-port",
            "TCP port for clients that use TLS; 0: none. With one, port 0 is no port without TLS."),
        .path(
            "tls-cert-file", \.tls.certificatePath, section: .tls, redisName: "tls-cert-file", runTime: true,
            "PEM file of the server's certificate and those up to its authority, read again on SIGHUP."),
        .path(
            "tls-key-file", \.tls.keyPath, section: .tls, redisName: "tls-key-file", runTime: true,
            "PEM file of its private key."),
        text(
            "tls-key-file-pass", \.tls.keyPassphrase, isSecret: true,
            "What decrypts the private key; better in the environment or the file than in a command line."),
        .path(
            "tls-ca-cert-file", \.tls.authoritiesPath, section: .tls, redisName: "tls-ca-cert-file", runTime: true,
            "PEM file of the authorities whose certificates of clients count."),
        .path(
            "tls-ca-cert-dir", \.tls.authoritiesDirectoryPath, section: .tls, redisName: "tls-ca-cert-dir",
            runTime: true, "Directory of such files, by their hashes."),
        Setting(
            key: "tls-auth-clients", section: .tls,
            kind: .choice(TLSSettings.ClientCertificatePolicy.allCases.map(\.rawValue)),
            meaning: "Whether clients must show a certificate.", redisName: "tls-auth-clients",
            canChangeAtRunTime: true, defaultNote: nil,
            read: { settings, text in
                guard let policy = TLSSettings.ClientCertificatePolicy(rawValue: text) else { return false }
                settings.tls.clientCertificates = policy
                return true
            },
            write: { $0.tls.clientCertificates.rawValue }, writeForRedis: { $0.tls.clientCertificates.rawValue }),
        protocols,
        text(
            "tls-ciphers", \.tls.ciphers, "Ciphers of TLS 1.2, as OpenSSL names them.", none: "OpenSSL's choice"),
        text(
            "tls-ciphersuites", \.tls.cipherSuites, "Ciphers of TLS 1.3, as OpenSSL names them.",
            none: "OpenSSL's choice"),
        .flag(
            "tls-prefer-server-ciphers", \.tls.prefersServerCiphers, section: .tls,
            redisName: "tls-prefer-server-ciphers", runTime: true,
            "Whether the server's order of ciphers counts, not the client's."),
        .flag(
            "tls-session-caching", \.tls.cachesSessions, section: .tls, redisName: "tls-session-caching", runTime: true,
            "Whether clients that come again may shorten the handshake."),
        .count(
            "tls-session-cache-size", \.tls.sessionsMax, in: 1...10_000_000, section: .tls,
            redisName: "tls-session-cache-size", runTime: true, "Sessions to keep for them."),
        .duration(
            "tls-session-cache-timeout", \.tls.sessionTime, in: .seconds(1)...(.seconds(7 * 86_400)),
            wholeSeconds: true,
            section: .tls, redisName: "tls-session-cache-timeout", runTime: true, "How long a session is kept."),
        .duration(
            "tls-handshake-timeout", \.tls.handshakeTimeout, in: .milliseconds(100)...(.seconds(3_600)), section: .tls,
            runTime: true, "Close a client that has not shaken hands after this long."),
        .count(
            "tls-handshakes-max", \.tls.handshakesMax, in: 1...1_000_000, section: .tls, runTime: true,
            "Clients of one loop that may be shaking hands at a time; others wait until it is their turn."),
    ]

    /// Redis writes the protocols one after another, and so does this server.
    private static let protocols = Setting(
        key: "tls-protocols", section: .tls, kind: .text(utf8CountMax: 64),
        meaning: "The versions of TLS to speak, of TLSv1.2 and TLSv1.3.", redisName: "tls-protocols",
        canChangeAtRunTime: true, defaultNote: nil,
        read: { settings, text in
            let names = text.split { $0 == " " || $0 == "," }
            let protocols = names.compactMap { TLSSettings.ProtocolVersion(rawValue: String($0)) }
            guard !names.isEmpty, protocols.count == names.count else { return false }
            settings.tls.protocols = TLSSettings.ProtocolVersion.allCases.filter(protocols.contains)
            return true
        },
        write: { $0.tls.protocols.map(\.rawValue).joined(separator: " ") },
        writeForRedis: { $0.tls.protocols.map(\.rawValue).joined(separator: " ") })

    /// A row that OpenSSL understands or refuses.
    private static func text(
        _ key: String, _ field: Field<String?>, isSecret: Bool = false, _ meaning: String, none: String? = nil
    ) -> Setting {
        let countMax = 4_095
        var setting = Setting(
            key: key, section: .tls, kind: .text(utf8CountMax: countMax), meaning: meaning, redisName: key,
            canChangeAtRunTime: true, defaultNote: none,
            read: { settings, text in
                guard (1...countMax).contains(text.utf8.count), !text.utf8.contains(0) else { return false }
                settings[keyPath: field] = text
                return true
            },
            write: { $0[keyPath: field] }, writeForRedis: { $0[keyPath: field] ?? "" })
        setting.isSecret = isSecret
        return setting
    }
}
