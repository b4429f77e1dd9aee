internal import CCrypto
internal import FoundationEssentials

/// The public half of an Ed25519 key pair, which tells that a manifest is its publisher's.
public struct VerificationKey: Sendable, Hashable {
    /// The key's 32 bytes, as RFC 8032 has them.
    public let rawBytes: [UInt8]

    /// Names the key in signatures: the first 16 hexadecimal digits of the SHA-256 of ``rawBytes``.
    public var id: String { String(SHA256.digest(of: rawBytes.span).description.prefix(16)) }

    /// Reads a PEM file's text, as `almanac keygen` and `openssl pkey -pubout` write it.
    public init(pem: [UInt8]) throws(SignatureKeyError) {
        rawBytes = try OpenSSLKey.read(pem, .public).publicBytes
    }

    init(_ key: OpenSSLKey) { rawBytes = key.publicBytes }

    /// The key as a PEM file's text.
    public var pem: [UInt8] {
        let key = OpenSSLKey(publicBytes: rawBytes)
        return key?.pem(.public) ?? []
    }

    func isSignature(_ signature: [UInt8], of bytes: Span<UInt8>) -> Bool {
        OpenSSLKey(publicBytes: rawBytes)?.isSignature(signature, of: bytes) ?? false
    }
}

/// The private half of an Ed25519 key pair, which signs manifests.
///
/// Belongs to one thread. libcrypto overwrites the secret when the value goes away.
public final class SigningKey {
    private let key: OpenSSLKey
    public let verificationKey: VerificationKey

    /// Reads a PKCS#8 PEM file's text, as `almanac keygen` and `openssl genpkey -algorithm ed25519` write it.
    public convenience init(pem: [UInt8]) throws(SignatureKeyError) {
        try self.init(OpenSSLKey.read(pem, .private))
    }

    private init(_ key: OpenSSLKey) {
        self.key = key
        verificationKey = VerificationKey(key)
    }

    /// Makes a new pair out of the operating system's randomness.
    public static func generate() throws(SignatureKeyError) -> SigningKey { SigningKey(try OpenSSLKey.generate()) }

    /// The key as a PKCS#8 PEM file's text, without a passphrase.
    public var pem: [UInt8] { key.pem(.private) }

    public func sign(_ bytes: Span<UInt8>) throws(SignatureKeyError) -> ManifestSignature {
        ManifestSignature(keyID: verificationKey.id, validated: try key.sign(bytes))
    }
}

/// A key that cannot be used.
public struct SignatureKeyError: Error, Equatable, CustomStringConvertible {
    /// What is wrong with it, for an operator who is told the file's name before.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// A key of libcrypto's.
@safe final class OpenSSLKey {
    private let key: OpaquePointer

    private init(owning key: OpaquePointer) { unsafe self.key = unsafe key }

    deinit { unsafe EVP_PKEY_free(key) }

    /// `nil` where these are not 32 bytes.
    init?(publicBytes: [UInt8]) {
        guard let key = unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicBytes, publicBytes.count) else {
            ERR_clear_error()
            return nil
        }
        unsafe self.key = unsafe key
    }

    static func generate() throws(SignatureKeyError) -> OpenSSLKey {
        let context = unsafe EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nil)
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard unsafe EVP_PKEY_keygen_init(context) == 1, unsafe EVP_PKEY_keygen(context, &key) == 1,
            let key = unsafe key
        else {
            ERR_clear_error()
            throw SignatureKeyError("libcrypto could not make a key")
        }
        return unsafe OpenSSLKey(owning: key)
    }

    enum Half: String { case `public`, `private` }

    /// Reads an Ed25519 key out of a PEM file's text.
    static func read(_ pem: [UInt8], _ half: Half) throws(SignatureKeyError) -> OpenSSLKey {
        // What other users of libcrypto on this thread look for is not ours.
        defer { ERR_clear_error() }
        let found: OpaquePointer? = unsafe pem.withUnsafeBytes { bytes in
            // Safety: the BIO only reads the bytes, and is freed before they go.
            guard let text = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else { return nil }
            defer { unsafe BIO_free(text) }
            // Without a function that has no passphrase libcrypto would ask on the terminal.
            return switch half {
            case .public: unsafe PEM_read_bio_PUBKEY(text, nil, { _, _, _, _ in -1 }, nil)
            case .private: unsafe PEM_read_bio_PrivateKey(text, nil, { _, _, _, _ in -1 }, nil)
            }
        }
        guard let found = unsafe found else {
            let text = String(decoding: pem, as: UTF8.self)
            if text.contains("ENCRYPTED") {
                throw SignatureKeyError("it has a passphrase; write it without one: openssl pkey -in KEY -out NEW")
            }
            if half == .public, text.contains("PRIVATE KEY") {
                throw SignatureKeyError("it is a private key, where the public one is wanted")
            }
            if half == .private, text.contains("PUBLIC KEY") {
                throw SignatureKeyError("it is a public key, where the private one is wanted")
            }
            throw SignatureKeyError("it is no \(half.rawValue) key in PEM form")
        }
        let key = unsafe OpenSSLKey(owning: found)
        guard unsafe EVP_PKEY_get_base_id(found) == EVP_PKEY_ED25519 else {
            throw SignatureKeyError("it is no Ed25519 key")
        }
        return key
    }

    func pem(_ half: Half) -> [UInt8] {
        guard let text = unsafe BIO_new(BIO_s_mem()) else { preconditionFailure("libcrypto could not allocate") }
        defer { unsafe BIO_free(text) }
        let isWritten =
            switch half {
            case .public: unsafe PEM_write_bio_PUBKEY(text, key)
            case .private: unsafe PEM_write_bio_PKCS8PrivateKey(text, key, nil, nil, 0, nil, nil)
            }
        precondition(isWritten == 1, "libcrypto could not write a key")
        var bytes = [UInt8](repeating: 0, count: 4_096)
        // Safety: no more is read than the array has room for.
        let count = unsafe BIO_read(text, &bytes, Int32(bytes.count))
        return Array(bytes.prefix(Int(max(count, 0))))
    }

    /// The public half's 32 bytes.
    var publicBytes: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = bytes.count
        // Safety: `count` says how much room there is.
        let isKnown = unsafe EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1 && count == bytes.count
        precondition(isKnown, "an Ed25519 key has 32 bytes")
        return bytes
    }

    func sign(_ bytes: Span<UInt8>) throws(SignatureKeyError) -> [UInt8] {
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: ManifestSignature.byteCount)
        var count = signature.count
        let isSigned = unsafe bytes.withUnsafeBytes { source in
            // Safety: the source is only read; `count` says how much room the signature has.
            unsafe EVP_DigestSignInit(context, nil, nil, nil, key) == 1
                && EVP_DigestSign(context, &signature, &count, source.baseAddress, source.count) == 1
        }
        guard isSigned, count == signature.count else {
            ERR_clear_error()
            throw SignatureKeyError("libcrypto could not sign with it")
        }
        return signature
    }

    func isSignature(_ signature: [UInt8], of bytes: Span<UInt8>) -> Bool {
        let context = unsafe EVP_MD_CTX_new()
        defer {
            unsafe EVP_MD_CTX_free(context)
            ERR_clear_error()
        }
        return unsafe bytes.withUnsafeBytes { source in
            // Safety: both are only read.
            unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
                && EVP_DigestVerify(context, signature, signature.count, source.baseAddress, source.count) == 1
        }
    }
}
