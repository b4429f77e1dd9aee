internal import ArgumentParser
internal import Datasets
internal import Platform

/// Reads a private key's file.
///
/// - Throws: ``CommandFailure``, naming the file.
func readSigningKey(_ path: String) throws -> SigningKey {
    let pem: [UInt8]?
    do throws(SystemError) {
        pem = try FileSystem.read(path, byteCountMax: 64 << 10)
    } catch {
        throw CommandFailure(.ioError, "cannot read the key \(path): \(error.reason)")
    }
    guard let pem else { throw CommandFailure(.badConfiguration, "there is no key \(path)") }
    do throws(SignatureKeyError) {
        return try SigningKey(pem: pem)
    } catch {
        throw CommandFailure(.badConfiguration, "cannot sign with \(path): \(error)")
    }
}
