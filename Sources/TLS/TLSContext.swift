import CSSL
import Glibc
import Platform

/// Certificates, keys and choices that any number of sessions share.
///
/// Never changed once made; another certificate takes another context, while sessions go on with theirs.
@safe public final class TLSContext: Sendable {
    // Safety: OpenSSL's contexts may be used by any number of threads once nothing configures them any more.
    nonisolated(unsafe) let context: OpaquePointer
    let isServer: Bool
    /// What a client checks the server's certificate for.
    let checksServerName: Bool
    /// When the certificate begins and ends to be valid, in seconds since 1970; 0 without one.
    public let notBefore: Int
    public let notAfter: Int

    private init(
        _ method: OpaquePointer?, isServer: Bool, checksServerName: Bool,
        configure: (OpaquePointer) throws(TLSError) -> Void
    ) throws(TLSError) {
        guard let context = unsafe SSL_CTX_new(method) else { throw .queued("TLS cannot be had") }
        do throws(TLSError) {
            try unsafe configure(context)
        } catch {
            unsafe SSL_CTX_free(context)
            throw error
        }
        unsafe self.context = context
        self.isServer = isServer
        self.checksServerName = checksServerName
        notBefore = Int(unsafe cssl_not_before(context))
        notAfter = Int(unsafe cssl_not_after(context))
    }

    deinit { unsafe SSL_CTX_free(context) }

    /// For a server; reads the files, and waits for the disk.
    ///
    /// - Throws: ``TLSError``, which names the setting of Redis's names that is wrong.
    public convenience init(_ configuration: TLSServerConfiguration) throws(TLSError) {
        try unsafe self.init(TLS_server_method(), isServer: true, checksServerName: false) {
            (context) throws(TLSError) in
            let wanted = configuration.protocols
            unsafe cssl_configure(
                context, wanted.contains(.tls12) ? TLS1_2_VERSION : TLS1_3_VERSION,
                wanted.contains(.tls13) ? TLS1_3_VERSION : TLS1_2_VERSION)
            unsafe cssl_configure_resumption(
                context, configuration.resumesSessions ? 1 : 0, configuration.sessionsMax,
                configuration.sessionSeconds)
            if configuration.prefersServerCiphers {
                unsafe cssl_prefer_server_ciphers(context)
            }
            if let ciphers = configuration.ciphers, unsafe SSL_CTX_set_cipher_list(context, ciphers) != 1 {
                throw .queued("tls-ciphers \(ciphers)")
            }
            if let suites = configuration.cipherSuites, unsafe SSL_CTX_set_ciphersuites(context, suites) != 1 {
                throw .queued("tls-ciphersuites \(suites)")
            }
            try unsafe use(configuration.identity, in: context, prefix: "tls-")
            let clients = configuration.clientCertificates
            guard clients != .none else { return unsafe SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nil) }
            guard !configuration.authorities.isEmpty else {
                throw TLSError(
                    "tls-auth-clients is \(clients.rawValue): tls-ca-cert-file or tls-ca-cert-dir must name whose "
                        + "certificates of clients count")
            }
            try unsafe use(configuration.authorities, in: context, prefix: "tls-ca-cert-")
            unsafe SSL_CTX_set_verify(
                context, SSL_VERIFY_PEER | (clients == .required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nil)
        }
    }

    /// For a client; reads the files, and waits for the disk.
    ///
    /// - Parameters:
    ///   - authorities: Whose word on the server's certificate is taken.
    ///   - identity: The client's own certificate, for servers that ask for one.
    ///   - isInsecure: Takes any certificate.
    /// - Throws: ``TLSError``, which names what is wrong as redis-cli's options are named.
    public convenience init(
        clientTrusting authorities: TLSAuthorities, identity: TLSIdentity? = nil, isInsecure: Bool = false
    ) throws(TLSError) {
        try unsafe self.init(TLS_client_method(), isServer: false, checksServerName: !isInsecure) {
            (context) throws(TLSError) in
            unsafe cssl_configure(context, TLS1_2_VERSION, TLS1_3_VERSION)
            unsafe SSL_CTX_set_verify(context, isInsecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nil)
            if authorities.isEmpty {
                guard unsafe SSL_CTX_set_default_verify_paths(context) == 1 else {
                    throw .queued("the system's authorities")
                }
            } else {
                try unsafe use(authorities, in: context, prefix: "cacert")
            }
            if let identity { try unsafe use(identity, in: context, prefix: "") }
        }
    }

    /// What is wrong with the certificate at `unixSeconds`, if anything: it is used all the same.
    public func certificateWarning(at unixSeconds: Int) -> String? {
        if notAfter != 0, unixSeconds >= notAfter { return "the certificate has expired" }
        if unixSeconds < notBefore { return "the certificate is not valid yet" }
        return nil
    }
}

/// Reads a certificate and its key; `prefix` begins the names of the settings that hold their paths.
@unsafe private func use(
    _ identity: TLSIdentity, in context: OpaquePointer, prefix: String
) throws(TLSError) {
    let (certificate, key) = (identity.certificatePath, identity.keyPath)
    let isServer = !prefix.isEmpty
    let (certificateName, keyName) = isServer ? ("tls-cert-file", "tls-key-file") : ("cert", "key")
    try checkReadable(certificate, certificateName)
    try checkReadable(key, keyName)
    guard unsafe SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
        throw .queued("\(certificateName) \(certificate) holds no certificate that can be used")
    }
    // Safety: the passphrase outlives the one call that asks for it, and the context forgets it after that.
    func useKey(_ passphrase: UnsafePointer<CChar>?) -> Bool {
        unsafe cssl_set_passphrase(context, passphrase)
        defer { unsafe cssl_set_passphrase(context, nil) }
        return unsafe SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1
    }
    let isRead: Bool
    if let passphrase = identity.passphrase {
        isRead = unsafe passphrase.withCString { unsafe useKey($0) }
    } else {
        isRead = useKey(nil)
    }
    if !isRead, isEncrypted(key) {
        ERR_clear_error()
        throw TLSError(
            "\(keyName) \(key) is encrypted, and "
                + (!isServer
                    ? "only keys without a passphrase can be used here"
                    : identity.passphrase == nil
                        ? "there is no passphrase: tls-key-file-pass" : "tls-key-file-pass is not its passphrase"))
    }
    guard isRead, unsafe SSL_CTX_check_private_key(context) == 1 else {
        throw .queued("\(keyName) \(key) is not the key of \(certificateName) \(certificate), or cannot be read")
    }
}

/// Whether a key that could not be read is one that takes a passphrase, in either of PEM's forms.
private func isEncrypted(_ path: String) -> Bool {
    // What cannot be read is told of by OpenSSL.
    guard let bytes = (try? FileSystem.read(path, byteCountMax: keyFileBytesMax)) ?? nil else { return false }
    return String(decoding: bytes, as: UTF8.self).contains("ENCRYPTED")
}

private let keyFileBytesMax = 1 << 20

/// Takes the word of `authorities`; `prefix` begins the names of the settings that hold their paths.
@unsafe private func use(
    _ authorities: TLSAuthorities, in context: OpaquePointer, prefix: String
) throws(TLSError) {
    let isServer = prefix.hasSuffix("-")
    if let path = authorities.filePath {
        let name = isServer ? prefix + "file" : prefix
        try checkReadable(path, name)
        guard unsafe SSL_CTX_load_verify_file(context, path) == 1 else {
            throw .queued("\(name) \(path) holds no certificates that can be used")
        }
    }
    if let path = authorities.directoryPath {
        let name = prefix + "dir"
        try checkReadable(path, name)
        guard unsafe SSL_CTX_load_verify_dir(context, path) == 1 else { throw .queued("\(name) \(path)") }
    }
}

private func checkReadable(_ path: String, _ name: String) throws(TLSError) {
    guard unsafe access(path, R_OK) != 0 else { return }
    throw TLSError("\(name) \(path): \(SystemError(call: "access", code: errno).reason)")
}
