internal import Administration
private import Commands
internal import Logging
internal import Platform
internal import Settings
internal import Versions

/// Tells the service manager how the server does, where there is one; for the main thread.
///
/// The sign of life that a watchdog waits for is sent by that thread, and only while ``Liveness`` has nothing to say:
/// exactly while `/livez` answers 200.
struct ServiceReports {
    private let notifier: ServiceNotifier?
    private let logger: Logger
    private var watched: Watched?
    /// When to report next, in nanoseconds of the monotonic clock.
    private var nextReport: UInt64 = .max
    private var lastStatus = ""

    private struct Watched {
        let liveness: Liveness
        let control: SwapControl
    }

    /// After how much silence of this process its watchdog ends it; `nil`: there is none.
    var watchdogTimeout: Duration? { notifier?.watchdogTimeout }

    /// Four times in the time that the watchdog allows, and every five seconds where that is less often.
    private var interval: UInt64 { min(watchdogTimeout.map { $0 / 4 } ?? .seconds(5), .seconds(5)).wholeNanoseconds }

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

    mutating func ready(_ liveness: Liveness, _ control: SwapControl) {
        guard notifier != nil else { return }
        watched = Watched(liveness: liveness, control: control)
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
        let silent = watched.liveness.silentThreads()
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
