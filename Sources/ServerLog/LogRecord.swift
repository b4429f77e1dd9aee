internal import Logging

/// How a line of the log is written.
public enum LineFormat: Sendable {
    /// For people: `2026-11-21T06:24:14.123Z info  label: message key=value`.
    case text
    /// For collectors: one JSON object a line.
    case json
}

/// One event as its caller leaves it: everything that can wait for the writer's thread has not been done yet.
struct LogRecord: Sendable {
    /// Microseconds since 1970-01-01 UTC.
    let time: Int
    let level: Logger.Level
    let label: String
    let message: String
    var error: (any Error)?
    /// From the logger, the provider and the call, in this order: the last that has a key wins.
    var metadata: [Logger.Metadata] = []

    /// About how much memory the record keeps while it waits.
    var byteCount: Int {
        var count = 128 + message.utf8.count
        for part in metadata {
            for (key, value) in part {
                count += key.utf8.count
                // Nested values are rare and made by us; text may come from a client and be long.
                if case .string(let text) = value { count += text.utf8.count } else { count += 64 }
            }
        }
        return count
    }
}
