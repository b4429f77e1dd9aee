import Logging
import Synchronization

/// Keeps the lines that are logged, as `level message key=value…` with the keys in order.
final class RecordingLog: Sendable {
    private let state = Mutex<[String]>([])

    var lines: [String] { state.withLock { $0 } }

    /// The lines whose message is `message`.
    func lines(_ message: String) -> [String] { lines.filter { $0.contains(" \(message) ") } }

    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(log: self) }
        logger.logLevel = .trace
        return logger
    }

    private struct Handler: LogHandler {
        let log: RecordingLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            let line = "\(event.level) \(event.message) " + fields.joined(separator: " ")
            log.state.withLock { $0.append(line) }
        }
    }
}
