internal import Logging
internal import Platform

/// Formats batches of records and puts them out; belongs to the writer's thread.
struct WritingSession: ~Copyable, Sendable {
    private var output: LogOutput
    private let line: LogLine
    /// Whole lines on their way out, and how many.
    private var buffer: [UInt8] = []
    private var lineCount = 0
    /// Lines that the output did not take since it last took some, and why.
    private var lostCount = 0
    private var lossReason = ""
    /// Of all lines lost, those that nobody has been told the number of.
    private var uncountedLosses = 0

    private static let bufferBytesMax = 64 << 10

    init(destination: LogDestination, format: LineFormat) throws(SystemError) {
        output = try LogOutput(destination)
        line = LogLine(format: format)
    }

    mutating func write(_ batch: borrowing LogQueue.Batch) {
        for index in batch.records.indices {
            if index == batch.reopenIndex { reopen() }
            append(batch.records[index])
            if buffer.count >= Self.bufferBytesMax { putOut() }
        }
        if batch.records.count == batch.reopenIndex { reopen() }
        if batch.droppedCount > 0 {
            append(Self.report(dropped: batch.droppedCount, reason: "logged faster than written"))
        }
        putOut()
    }

    /// How many lines the output did not take since this was last asked.
    mutating func takeLosses() -> Int {
        defer { uncountedLosses = 0 }
        return uncountedLosses
    }

    private mutating func append(_ record: LogRecord) {
        line.append(record, to: &buffer)
        lineCount += 1
    }

    private mutating func reopen() {
        putOut()
        do {
            try output.reopen()
        } catch {
            append(
                Self.record(
                    .error, "the log file cannot be opened again; the old one stays in use", ["reason": "\(error)"]))
        }
    }

    private mutating func putOut() {
        guard lineCount > 0 else { return }
        var lines: [UInt8] = []
        swap(&lines, &buffer)
        do {
            if lostCount > 0 {
                var report: [UInt8] = []
                line.append(Self.report(dropped: lostCount, reason: lossReason), to: &report)
                try output.write(report)
                lostCount = 0
            }
            try output.write(lines)
        } catch {
            lostCount += lineCount
            uncountedLosses += lineCount
            lossReason = "\(error)"
        }
        lines.removeAll(keepingCapacity: true)
        swap(&lines, &buffer)
        lineCount = 0
    }

    private static func report(dropped count: Int, reason: String) -> LogRecord {
        record(.warning, "\(count) lines dropped", ["reason": "\(reason)"])
    }

    private static func record(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> LogRecord {
        LogRecord(
            time: Clock.wallMicroseconds(), level: level, label: "log", message: message, metadata: [metadata])
    }
}
