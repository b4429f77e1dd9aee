internal import FoundationEssentials
internal import Platform

/// One signature of a manifest's exact bytes: a line of `manifest.sig`, `ed25519 KEYID BASE64`.
///
/// A version may carry several lines, so that a new key can come into use before the old one goes out.
public struct ManifestSignature: Sendable, Equatable {
    /// See ``VerificationKey/id``.
    public let keyID: String
    public let bytes: [UInt8]

    /// Of an Ed25519 signature.
    static let byteCount = 64

    /// Bytes of a signature file that are read at most: some 500 lines.
    public static let fileByteCountMax = 64 << 10

    private static let algorithm = "ed25519"

    init(keyID: String, validated bytes: [UInt8]) {
        precondition(bytes.count == Self.byteCount)
        self.keyID = keyID
        self.bytes = bytes
    }

    /// `nil` where `line` is no signature that this build understands.
    public init?(line: some StringProtocol) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == Self.algorithm, words[1].utf8.count == 16,
            words[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 || $0 >= 0x61 && $0 <= 0x66 }),
            let bytes = Data(base64Encoded: String(words[2])), bytes.count == Self.byteCount
        else { return nil }
        self.init(keyID: String(words[1]), validated: Array(bytes))
    }

    /// Without a line feed.
    public var line: String { "\(Self.algorithm) \(keyID) \(Data(bytes).base64EncodedString())" }

    /// Checks that somebody who is trusted has signed a manifest.
    ///
    /// One good signature will do: lines of other keys, of algorithms to come, or that cannot be understood are
    /// passed over.
    ///
    /// - Parameters:
    ///   - manifest: The manifest's bytes, as they were published.
    ///   - file: The bytes of `manifest.sig`; `nil` where there is none.
    ///   - trusted: The keys of which any may have signed.
    /// - Returns: The id of the key that has.
    /// - Throws: Why none of them has.
    @discardableResult
    public static func verify(
        _ manifest: [UInt8], file: [UInt8]?, trusted: [VerificationKey]
    ) throws(SignatureError) -> String {
        let lines = String(decoding: file ?? [], as: UTF8.self).split(separator: "\n")
        guard !lines.isEmpty else { throw .missing }
        let signatures = lines.compactMap { ManifestSignature(line: $0) }
        guard !signatures.isEmpty else { throw .malformed }
        var wrongKeyID: String?
        for signature in signatures {
            for key in trusted where key.id == signature.keyID {
                if key.isSignature(signature.bytes, of: manifest.span) { return signature.keyID }
                wrongKeyID = wrongKeyID ?? signature.keyID
            }
        }
        if let wrongKeyID { throw .wrong(keyID: wrongKeyID) }
        throw .unknownKeys(signatures.map(\.keyID))
    }
}

/// Why a manifest is not known to be its publisher's.
public enum SignatureError: Error, Sendable, Equatable, CustomStringConvertible {
    /// It has no signature at all.
    case missing
    /// What should be signatures are none.
    case malformed
    /// It is signed, by these keys, but by none that is trusted.
    case unknownKeys([String])
    /// A signature of this trusted key is of other bytes.
    case wrong(keyID: String)

    /// One line for an operator.
    public var description: String {
        let file = VersionDirectory.signatureFileName
        return switch self {
        case .missing: "it is not signed: there is no \(file), or an empty one"
        case .malformed: "no line of \(file) is a signature that this build understands"
        case .unknownKeys(let ids): "it is signed by \(ids.prefix(4).joined(separator: ", ")), which is not trusted"
        case .wrong(let id): "the signature of key \(id) is not of this manifest"
        }
    }
}

extension VersionDirectory {
    /// The bytes of `manifest.sig`; `nil` where there is none.
    public func signatureFile() throws(DataDirectoryError) -> [UInt8]? {
        try step("cannot read \(path)/\(Self.signatureFileName)") { () throws(SystemError) in
            try FileSystem.read("\(path)/\(Self.signatureFileName)", byteCountMax: ManifestSignature.fileByteCountMax)
        }
    }

    /// Adds a signature of the manifest that is there, unless it has one of this key that is good.
    ///
    /// - Parameter key: The publisher's.
    /// - Returns: Whether one was added.
    /// - Throws: Where the manifest cannot be read, or the file not written.
    public func sign(with key: SigningKey) throws(DataDirectoryError) -> Bool {
        let manifest = try manifest().bytes
        let file = try signatureFile()
        if (try? ManifestSignature.verify(manifest, file: file, trusted: [key.verificationKey])) != nil { return false }
        let signature: ManifestSignature
        do throws(SignatureKeyError) {
            signature = try key.sign(manifest.span)
        } catch {
            throw DataDirectoryError(.io, "cannot sign \(path): \(error)")
        }
        // A signature of this key that is of other bytes could only mislead.
        let others = String(decoding: file ?? [], as: UTF8.self).split(separator: "\n").filter {
            ManifestSignature(line: $0)?.keyID != signature.keyID
        }
        let text = (others.map(String.init) + [signature.line]).map { $0 + "\n" }.joined()
        try step("cannot write \(path)/\(Self.signatureFileName)") { () throws(SystemError) in
            try FileSystem.write(Array(text.utf8), to: "\(path)/\(Self.signatureFileName)", mode: 0o444)
        }
        return true
    }
}
