private import Glibc
public import Logging
public import Platform
internal import Synchronization

/// Writes the log from a thread of its own, so that no caller ever waits for a disk or a pipe.
///
/// Lines of one thread keep their order. Where callers are faster than the output for long, lines are dropped,
/// counted, and the count is logged. An output that fails costs its lines and nothing else.
public final class LogWriter: Sendable {
    private let queue: LogQueue
    private let levelNumber: Atomic<Int>

    /// Opens the destination and starts the thread.
    ///
    /// - Throws: ``SystemError`` where the file cannot be opened or no thread can be had.
    public convenience init(
        destination: LogDestination, format: LineFormat, level: Logger.Level = .info
    ) throws(SystemError) {
        try self.init(destination: destination, format: format, level: level, bounds: LogQueue.Bounds())
    }

    init(
        destination: LogDestination, format: LineFormat, level: Logger.Level = .info, bounds: LogQueue.Bounds
    ) throws(SystemError) {
        let queue = LogQueue(bounds: bounds)
        self.queue = queue
        levelNumber = Atomic(level.number)
        // Opened here, so that whoever starts the server sees the mistake.
        let session = SessionInTransit(try WritingSession(destination: destination, format: format))
        _ = try Thread(name: "log") { Self.run(queue, session) }
    }

    deinit { queue.close() }

    /// The least severe level that loggers of this writer take, unless one was given a level of its own.
    ///
    /// May be changed at any time, by any thread.
    public var level: Logger.Level {
        get { Logger.Level(number: levelNumber.load(ordering: .relaxed)) }
        set { levelNumber.store(newValue.number, ordering: .relaxed) }
    }

    /// How many lines were dropped since the start: callers were faster than the output, or the output failed.
    public var droppedCount: Int { queue.droppedCount }

    /// A logger that writes here.
    public func logger(label: String) -> Logger {
        Logger(label: label) { QueueLogHandler(label: $0, writer: self) }
    }

    func push(_ record: LogRecord) { queue.push(record) }

    /// Opens the file's path again, so that lines from now on reach a new file once the old one was renamed.
    ///
    /// Returns at once. Where the path cannot be opened, the old file stays in use and says so.
    public func reopen() { queue.requestReopen() }

    /// Waits until everything logged so far is written or given up, for `timeout` at most.
    ///
    /// - Returns: Whether that was reached.
    public func flush(timeout: Duration) -> Bool {
        let signal = Signal()
        queue.notify(signal)
        return signal.wait(timeout: timeout)
    }

    private static func run(_ queue: LogQueue, _ transit: SessionInTransit) {
        // Nobody joins this thread: one that is stuck in a write must not keep the process from exiting.
        pthread_detach(pthread_self())
        // A pipe that closes is an error like any other here, and signals are for other threads.
        var signals = sigset_t()
        unsafe sigfillset(&signals)
        let failure = unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        precondition(failure == 0)

        guard var session = transit.take() else { return }
        var batch = LogQueue.Batch()
        repeat {
            queue.take(into: &batch)
            session.write(batch)
            queue.count(lost: session.takeLosses())
            for waiter in batch.waiters { waiter.set() }
        } while !batch.isLast
    }

    /// Hands the session over from the thread that opens it to the one that keeps it.
    private final class SessionInTransit: Sendable {
        private let session: Mutex<WritingSession?>

        init(_ session: consuming sending WritingSession) { self.session = Mutex(session) }

        func take() -> WritingSession? { session.withLock { $0.take() } }
    }
}

extension Logger.Level {
    fileprivate var number: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    fileprivate init(number: Int) { self = Self.allCases[number] }
}
