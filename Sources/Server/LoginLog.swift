import Logging

/// Tells the log of passwords that were refused: one line a second, however fast somebody tries.
///
/// Belongs to one loop.
final class LoginLog {
    private let logger: Logger
    private var nextLine: UInt64 = 0
    /// Refusals since the last line that have got none.
    private var unreported = 0
    private static let intervalNanoseconds: UInt64 = 1_000_000_000
    /// Of a name, which anybody may make up.
    private static let nameCountMax = 64

    init(_ logger: Logger) { self.logger = logger }

    /// - Parameters:
    ///   - name: Of the user that somebody wanted to be.
    ///   - address: Of the client.
    ///   - now: In nanoseconds of the monotonic clock.
    func note(name: [UInt8], address: String, now: UInt64) {
        guard now >= nextLine else {
            unreported += 1
            return
        }
        nextLine = now + Self.intervalNanoseconds
        let user = String(decoding: name.prefix(Self.nameCountMax), as: UTF8.self)
        var metadata: Logger.Metadata = ["user": "\(user)", "client": "\(address)"]
        if unreported > 0 { metadata["others-since"] = "\(unreported)" }
        unreported = 0
        logger.warning("refused a password", metadata: metadata)
    }
}
