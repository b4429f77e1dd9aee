internal import Administration
private import Commands
private import Glibc
internal import Logging
internal import Platform
internal import Server
internal import ServerLog
internal import Settings
internal import Versions

/// A server that answers, and the main thread's part in its life: signals, changes of settings and announced versions,
/// until a signal ends it.
///
/// For the main thread alone, which no loop ever waits for.
final class RunningServer {
    private let server: Server
    private let control: SwapControl
    private let liveness: Liveness
    private let admin: AdminServer?
    private let health: Health
    private let pidFile: ProcessIDFile?
    private let signals: SignalQueue
    /// The links that announce versions.
    private let watch: NameWatch
    private let requests: SettingsRequests
    private var settings: RunningSettings
    private var service: ServiceReports
    private let log: LogWriter
    private let logger: Logger
    /// When the drain begins, in nanoseconds of the monotonic clock; `nil` until a signal asks for it.
    private var drainsAt: UInt64?

    /// Takes over a server that answers already.
    ///
    /// - Throws: `SystemError` where there is no descriptor to be had to wait on.
    init(
        server: Server, control: SwapControl, liveness: Liveness, admin: AdminServer?, health: Health,
        pidFile: consuming ProcessIDFile?, signals: consuming SignalQueue, requests: SettingsRequests,
        service: ServiceReports, settings: RunningSettings, log: LogWriter, logger: Logger
    ) throws(SystemError) {
        self.server = server
        self.control = control
        self.liveness = liveness
        self.admin = admin
        self.health = health
        self.pidFile = pidFile
        self.signals = signals
        watch = try Self.watchedNames(settings.settings, logger)
        self.requests = requests
        self.settings = settings
        self.service = service
        self.log = log
        self.logger = logger
        // What changed while the datasets were opened was watched by nobody.
        if settings.settings.watchesCurrent { control.reloadAll(why: "start") }
    }

    /// Serves until a signal ends it.
    ///
    /// Does not return where a thread cannot be ended: then the process ends.
    func run() throws(SystemError) {
        service.ready(liveness, control)
        while true {
            service.reportIfDue()
            switch try nextSignal() {
            case .reload: reload()
            case .report: logger.info("state", metadata: server.report)
            case .stop where postponesStop: announceStop()
            case .stop: return stop()
            case nil: goBySettingsAndLinks()
            }
        }
    }

    /// Waits for a signal; `nil` where there is something else to do first.
    private func nextSignal() throws(SystemError) -> ProcessSignal? {
        if let drainsAt, drainsAt <= Clock.monotonicNanoseconds() { return .stop }
        return try signals.next(
            milliseconds: Self.earlier(service.milliseconds, drainsAt.map(Self.millisecondsUntil) ?? -1),
            orReadable: [watch.readinessDescriptor, requests.readinessDescriptor])
    }

    private func reload() {
        service.reload {
            settings.reload()
            control.reloadAll(why: "SIGHUP")
        }
    }

    private func goBySettingsAndLinks() {
        for request in requests.takeAll() { request.answer(settings.change(request.changes)) }
        if watch.takeChanges() { control.reloadAll(why: "current changed") }
    }

    // MARK: The end

    /// Whether a signal to stop has probes told first, so that traffic goes elsewhere before the end.
    private var postponesStop: Bool { drainsAt == nil && settings.settings.admin.drainDelay > .zero }

    private func announceStop() {
        health.drain()
        let delay = settings.settings.admin.drainDelay
        logger.notice("going to stop", metadata: ["seconds": "\(delay / .seconds(1))"])
        drainsAt = Clock.monotonicNanoseconds() + delay.wholeNanoseconds
    }

    private func stop() {
        service.stopping()
        health.drain()
        // Who waits for a change would keep its connection from ending.
        requests.close()
        let hasEnded = drain()
        // Last, so that metrics of the drain can be had.
        let hasAdminEnded = admin?.stop() ?? true
        pidFile?.remove()
        guard !(hasEnded && hasAdminEnded) else { return }
        // A reader may still be inside a read that never returns, so nothing it uses may be torn down.
        _ = log.flush(timeout: .seconds(2))
        _exit(0)
    }

    /// Answers what has been received and ends; a second signal, or the end of `drain-timeout`, cuts it short.
    ///
    /// - Returns: Whether every thread of the server has ended.
    private func drain() -> Bool {
        logger.notice("stopping", metadata: ["connections": "\(server.connectionCount)"])
        // First, because who waits for a swap is answered that the server is stopping.
        let hasControlEnded = control.stop(deadline: Clock.monotonicNanoseconds() + 2_000_000_000)
        server.drain()
        let deadline = Clock.monotonicNanoseconds() + settings.settings.drainTimeout.wholeNanoseconds
        while server.connectionCount > 0, Clock.monotonicNanoseconds() < deadline {
            service.reportIfDue()
            // A signal is what this waits for; the connections are looked at between two waits.
            if case .stop = try? signals.next(milliseconds: 5) { break }
        }
        let left = server.connectionCount
        let haveReadersEnded = server.stop()
        if left > 0 { logger.warning("stopped with connections open", metadata: ["connections": "\(left)"]) }
        logger.notice("stopped")
        return haveReadersEnded && hasControlEnded
    }

    // MARK: Waiting

    /// The links that announce versions, where the settings want them watched.
    private static func watchedNames(
        _ settings: ServerSettings, _ logger: Logger
    ) throws(SystemError) -> NameWatch {
        var watch = try NameWatch()
        guard settings.watchesCurrent else { return watch }
        for dataset in settings.datasets {
            let link = ServedPath(path: dataset.path).announcingLink
            do throws(SystemError) {
                try watch.add(link.name, in: link.directory)
            } catch {
                // Such as too many watches on this machine; signals and commands still do.
                logger.error("cannot watch", metadata: ["directory": "\(link.directory)", "cause": "\(error)"])
            }
        }
        return watch
    }

    /// The shorter of two waits in milliseconds, of which -1 is for ever.
    private static func earlier(_ one: Int32, _ other: Int32) -> Int32 {
        one < 0 ? other : other < 0 ? one : min(one, other)
    }

    /// For a wait until `deadline`, of the monotonic clock.
    private static func millisecondsUntil(_ deadline: UInt64) -> Int32 {
        let left = Clock.nanoseconds(from: Clock.monotonicNanoseconds(), to: deadline)
        return Int32(clamping: left / 1_000_000 + 1)
    }
}
