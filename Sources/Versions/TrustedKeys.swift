internal import Datasets
internal import Platform

/// The keys that a publisher may sign manifests with.
public struct TrustedKeys: Sendable {
    private let keys: [VerificationKey]

    /// - Parameter path: A file of public keys in PEM form, one after another; `nil` trusts none.
    /// - Throws: ``TrustedKeysError``, naming the file and what is wrong with it.
    public init(path: String?) throws(TrustedKeysError) {
        guard let path else {
            keys = []
            return
        }
        let bytes: [UInt8]?
        do throws(SystemError) {
            bytes = try FileSystem.read(path, byteCountMax: 1 << 20)
        } catch {
            throw TrustedKeysError(path: path, reason: error.reason)
        }
        guard let bytes else { throw TrustedKeysError(path: path, reason: "there is no such file") }
        do throws(SignatureKeyError) {
            keys = try VerificationKey.list(pem: bytes)
        } catch {
            throw TrustedKeysError(path: path, reason: error.description)
        }
    }

    /// Checks that one of them has signed a manifest.
    func check(_ manifest: [UInt8], in directory: VersionDirectory) throws(AdmissionFailure) {
        let file: [UInt8]?
        do throws(DataDirectoryError) {
            file = try directory.signatureFile()
        } catch {
            throw .failed(error.description)
        }
        do throws(SignatureError) {
            try ManifestSignature.verify(manifest, file: file, trusted: keys)
        } catch {
            throw .refused(.signature, error.description)
        }
    }
}

/// A file of trusted keys that cannot be used.
public struct TrustedKeysError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    /// One line for an operator.
    public var description: String { "\(path): \(reason)" }
}
