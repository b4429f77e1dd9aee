internal import Logging
internal import Platform

/// Gives what a logger logs to a ``LogWriter``.
///
/// A call costs a reading of the clock, and an append under a lock; formatting is the writer's.
struct QueueLogHandler: LogHandler {
    let label: String
    let writer: LogWriter
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private var ownLevel: Logger.Level?

    init(label: String, writer: LogWriter) {
        self.label = label
        self.writer = writer
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? writer.level }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var record = LogRecord(
            time: Clock.wallMicroseconds(), level: event.level, label: label, message: event.message.description,
            error: event.error)
        if !metadata.isEmpty { record.metadata.append(metadata) }
        if let provided = metadataProvider?.get(), !provided.isEmpty { record.metadata.append(provided) }
        if let given = event.metadata, !given.isEmpty { record.metadata.append(given) }
        writer.push(record)
    }
}
