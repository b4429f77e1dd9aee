import Commands
import Datasets
import Logging

/// Tells the log of data that cannot be read: one line a second, however often clients ask for it.
///
/// Belongs to one loop.
final class DamageLog {
    private let logger: Logger
    private var nextLine: UInt64 = 0
    /// Failures since the last line that have got none.
    private var unreported = 0
    private static let intervalNanoseconds: UInt64 = 1_000_000_000

    init(_ logger: Logger) { self.logger = logger }

    /// - Parameters:
    ///   - damage: What could not be read.
    ///   - now: In nanoseconds of the monotonic clock.
    func note(_ damage: Damage, now: UInt64) {
        guard now >= nextLine else {
            unreported += 1
            return
        }
        nextLine = now + Self.intervalNanoseconds
        var metadata: Logger.Metadata = [
            "dataset": "\(damage.dataset ?? "none any more")", "version": "\(damage.version.id)",
            "cause": "\(damage.cause)",
        ]
        if let key = damage.printableKey { metadata["key"] = "\(key)" }
        if unreported > 0 { metadata["others-since"] = "\(unreported)" }
        unreported = 0
        logger.error("damaged data", metadata: metadata)
    }
}
