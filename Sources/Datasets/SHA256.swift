internal import CCrypto

/// A SHA-256 over bytes that arrive piece by piece.
@safe public struct SHA256: ~Copyable {
    private let context: OpaquePointer

    public init() {
        guard let context = unsafe EVP_MD_CTX_new() else {
            preconditionFailure("libcrypto could not allocate a digest context")
        }
        unsafe self.context = unsafe context
        precondition(unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "libcrypto has no SHA-256")
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    public mutating func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { source in
            // Safety: libcrypto only reads the bytes, during the call; a length of zero reads none.
            let isUpdated = unsafe EVP_DigestUpdate(context, source.baseAddress, source.count) == 1
            precondition(isUpdated, "libcrypto could not go on with a digest")
        }
    }

    public consuming func finish() -> SHA256Digest {
        var bytes = [UInt8](repeating: 0, count: SHA256Digest.byteCount)
        let isFinished = unsafe bytes.withUnsafeMutableBufferPointer { target in
            // Safety: SHA-256 fills exactly the 32 bytes that the array has.
            unsafe EVP_DigestFinal_ex(context, target.baseAddress, nil) == 1
        }
        precondition(isFinished, "libcrypto could not end a digest")
        return SHA256Digest(validated: bytes)
    }

    /// The digest of bytes that are all there.
    public static func digest(of bytes: Span<UInt8>) -> SHA256Digest {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finish()
    }
}
