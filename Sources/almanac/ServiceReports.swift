internal import Commands
internal import Logging
internal import Platform
internal import Server
internal import Settings
internal import Versions

/// Tells the service manager how the server does, where there is one; for the main thread.
///
/// The sign of life that a watchdog waits for is sent by that thread, and only while every loop and the thread that
/// swaps versions answer it, or wait for a disk.
struct ServiceReports {
    private let notifier: ServiceNotifier?
    private let logger: Logger
    private var watched: Watched?
    /// When to report next, in nanoseconds of the monotonic clock.
    private var nextReport: UInt64 = .max
    private var lastStatus = ""

    private struct Watched {
        let observer: ServerObserver
        let control: SwapControl
    }

    /// Twice in the time that the watchdog allows, and every five seconds where there is none.
    private var interval: UInt64 { (notifier?.watchdogTimeout ?? .seconds(10)).wholeNanoseconds / 2 }

    /// - Parameters:
    ///   - environment: Where the service manager says how to be told.
    ///   - logger: The server's own.
    init(environment: [String: String], _ logger: Logger) {
        notifier = ServiceNotifier(environment: environment)
        self.logger = logger
    }

    /// How long the main thread may wait for something else; -1: for ever.
    var milliseconds: Int32 {
        guard nextReport != .max else { return -1 }
        let now = Clock.monotonicNanoseconds()
        return now < nextReport ? Int32(clamping: (nextReport - now) / 1_000_000 + 1) : 0
    }

    func opening(_ settings: ServerSettings) {
        tell(
            .status(
                settings.waitsForVersion
                    ? "opening the datasets, or waiting for a first version" : "opening the datasets"))
    }

    mutating func ready(_ observer: ServerObserver, _ control: SwapControl) {
        guard notifier != nil else { return }
        watched = Watched(observer: observer, control: control)
        tell(.ready)
        nextReport = 0
    }

    /// Tells that the server reloads for as long as `body` takes.
    func reload(_ body: () -> Void) {
        tell(.reloading)
        body()
        tell(.ready)
    }

    /// From here on the main thread's own life is all that the watchdog hears of.
    mutating func stopping() {
        watched = nil
        tell(.stopping, .status("answering what has been received"))
    }

    mutating func reportIfDue() {
        guard Clock.monotonicNanoseconds() >= nextReport else { return }
        nextReport = Clock.monotonicNanoseconds() + interval
        guard let watched else { return beat() }
        let silent = silentThreads(watched, until: Clock.monotonicNanoseconds() + min(interval / 2, 1_000_000_000))
        if silent.isEmpty {
            beat()
        } else {
            logger.error("threads do not answer", metadata: ["threads": "\(silent.joined(separator: ","))"])
        }
        let status = silent.isEmpty ? Self.status(watched) : "no answer from \(silent.joined(separator: ", "))"
        if status != lastStatus { tell(.status(status)) }
        lastStatus = status
    }

    private func beat() {
        if notifier?.watchdogTimeout != nil { tell(.alive) }
    }

    private func silentThreads(_ watched: Watched, until deadline: UInt64) -> [String] {
        let answer = BlockingQueue<Void>(countMax: 1)
        watched.control.submit(DatasetRequest(.list)) { _ in _ = answer.push(()) }
        let loops = watched.observer.silentLoops(until: deadline)
        let silent = (answer.pop(until: deadline) == nil ? ["control"] : []) + loops.map { "loop-\($0)" }
        // As /livez has it: to start the process again would not make the disk faster.
        return silent.filter { !ThreadState.isInUninterruptibleWait(threadNamed: $0) }
    }

    private static func status(_ watched: Watched) -> String {
        let datasets = watched.control.facts()
        let shown = datasets.prefix(8).map { "\($0.name) \($0.versionID)" }.joined(separator: ", ")
        return "serving \(shown)\(datasets.count > 8 ? ", …" : "")"
    }

    private func tell(_ news: ServiceNotifier.News...) {
        guard let notifier else { return }
        do throws(SystemError) {
            try notifier.tell(news)
        } catch {
            logger.warning("cannot tell the service manager", metadata: ["cause": "\(error)"])
        }
    }
}
