import Logging
import Synchronization

/// Tells the log of passwords that were refused: one line a second, however fast somebody tries.
///
/// Each loop has one, and the admin server's threads share one.
final class LoginLog: Sendable {
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var nextLine: UInt64 = 0
        /// Refusals since the last line that have got none.
        var unreported = 0
    }

    private static let intervalNanoseconds: UInt64 = 1_000_000_000
    /// Of a name, which anybody may make up.
    private static let nameCountMax = 64

    init(_ logger: Logger) { self.logger = logger }

    /// - Parameters:
    ///   - name: Of the user that somebody wanted to be.
    ///   - address: Of the client.
    ///   - now: In nanoseconds of the monotonic clock.
    func note(name: [UInt8], address: String, now: UInt64) {
        let others = state.withLock { state -> Int? in
            guard now >= state.nextLine else {
                state.unreported += 1
                return nil
            }
            defer { state = State(nextLine: now + Self.intervalNanoseconds) }
            return state.unreported
        }
        guard let others else { return }
        let user = String(decoding: name.prefix(Self.nameCountMax), as: UTF8.self)
        var metadata: Logger.Metadata = ["user": "\(user)", "client": "\(address)"]
        if others > 0 { metadata["others-since"] = "\(others)" }
        logger.warning("refused a password", metadata: metadata)
    }
}
