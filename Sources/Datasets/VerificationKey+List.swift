extension VerificationKey {
    /// Reads the public keys that follow one another in a PEM file's text; whatever stands between them is ignored.
    ///
    /// - Throws: Where there is none, or one of them cannot be used.
    public static func list(pem: [UInt8]) throws(SignatureKeyError) -> [VerificationKey] {
        let end = "-----END PUBLIC KEY-----"
        var rest = Substring(String(decoding: pem, as: UTF8.self))
        var keys: [VerificationKey] = []
        while let range = rest.firstRange(of: end) {
            keys.append(try VerificationKey(pem: Array(rest[..<range.upperBound].utf8)))
            rest = rest[range.upperBound...]
        }
        // A text without any key has the same thing wrong with it as one that is none.
        return keys.isEmpty ? [try VerificationKey(pem: pem)] : keys
    }
}
