private import FoundationEssentials
internal import Logging
private import Platform
internal import Server
private import TLS

extension Server {
    /// Logs until when the server's certificate is good, and loudly where it is not.
    func noteCertificate(_ logger: Logger) {
        guard let context = tls.current else { return }
        let expiry: Logger.Metadata = [
            "not-after": "\(Date(timeIntervalSince1970: Double(context.notAfter)).ISO8601Format())"
        ]
        if let warning = context.certificateWarning(at: Clock.wallMicroseconds() / 1_000_000) {
            logger.warning("\(warning), and clients that check it will go", metadata: expiry)
        } else {
            logger.info("certificate read", metadata: expiry)
        }
    }
}
