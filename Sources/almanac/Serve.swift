private import Administration
internal import ArgumentParser
private import Datasets
private import FoundationEssentials
private import Glibc
private import HTTP
internal import Logging
internal import Platform
internal import Server
internal import ServerLog
internal import Settings
private import TLS
private import Versions

/// Serves until a signal ends it.
///
/// The calling thread becomes the control thread: it opens and closes versions and waits for signals,
/// beside the loops, which never wait for it.
///
/// - Parameters:
///   - settings: What is in effect at the start.
///   - sockets: To listen on instead of what the settings say; none: as the settings say.
///   - signals: Made before any thread was started, so that none of them is killed by one.
///   - logger: The server's own.
///   - log: Where `logger` writes; SIGHUP has it reopened, and its level set.
///   - input: Where `settings` came from; SIGHUP has it resolved again.
/// - Throws: ``CommandFailure``, `EngineError` or `SystemError` where serving cannot start.
func serve(
    settings: ServerSettings, sockets: [InheritedSocket], signals: borrowing SignalQueue, logger: Logger,
    log: LogWriter, input: SettingsInput
) throws {
    var service = ServiceReports(environment: ProcessInfo.processInfo.environment, logger)
    service.opening(settings)
    let engines = EngineFactory(settings, logger)
    let trustedKeys: TrustedKeys
    do {
        trustedKeys = try TrustedKeys(path: settings.trustedKeysPath)
    } catch {
        throw CommandFailure(.badConfiguration, "trusted-keys: \(error)")
    }
    guard settings.trustedKeysPath != nil || !settings.requiresSignature else {
        throw CommandFailure(.badConfiguration, "require-signature: trusted-keys must name whose signatures count")
    }
    // Before anything that may take long, so that probes are told what is waited for.
    let health = Health()
    let admin = try startAdminServer(settings, health, logger)
    guard let (server, control) = try makeServer(settings, trustedKeys, engines, signals, health, logger) else {
        admin?.stop()
        return
    }
    do {
        try server.adoptUsers(settings)
    } catch {
        throw CommandFailure(.badConfiguration, "\(error)")
    }
    do {
        try server.readCertificates(settings.tls)
    } catch {
        throw CommandFailure(.badConfiguration, "\(error)")
    }
    noteCertificate(of: server, logger)
    do {
        try server.listen(inheriting: sockets)
    } catch {
        throw CommandFailure(.ioError, "\(error)")
    }
    try server.start()
    try control.start(
        settings: settings, audience: ServerAudience(server), openEngine: engines.open,
        trustedKeys: trustedKeys, logger: logger)
    admin?.encrypt(with: server.tls)
    let metrics = MetricSources(server.observer, control: control, health: health) {
        engines.metricFamilies() + log.metricFamilies
    }
    admin?.observe(ObservedServer(server.observer, control: control, settings: settings, metrics: metrics))
    health.serve(Liveness(server.observer, control: control), control: control)
    let pidFile: ProcessIDFile? = if let path = settings.pidFile { try ProcessIDFile(path: path) } else { nil }
    for address in server.addresses { logger.info("listening", metadata: ["address": "\(address)"]) }
    for address in server.encryptedAddresses {
        logger.info("listening with TLS", metadata: ["address": "\(address)"])
    }
    if Privileges.isRoot {
        logger.warning("running as root", metadata: ["advice": "name a user in the setting user, or start it as one"])
    }
    logger.info(
        "ready",
        metadata: [
            "loops": "\(settings.loopCount)", "readers": "\(settings.readerCount)",
            "cache-bytes": "\(settings.cacheBytes)", "pid": "\(getpid())",
        ])

    let watch = try watchedNames(settings, logger)
    // What changed while the datasets were opened was watched by nobody.
    if settings.watchesCurrent { control.reloadAll(why: "start") }
    let requests = try SettingsRequests()
    server.settingsControl = requests
    var running = RunningSettings(settings, input: input, log: log, logger: logger, server: server, control: control)
    service.ready(server.observer, control)
    // When the drain begins, on the monotonic clock; `nil` until a signal asks for it.
    var drainsAt: UInt64?
    while true {
        service.reportIfDue()
        let others = [watch.readinessDescriptor, requests.readinessDescriptor]
        let signal: ProcessSignal?
        if let drainsAt, drainsAt <= Clock.monotonicNanoseconds() {
            signal = .stop
        } else {
            let milliseconds = earlier(service.milliseconds, drainsAt.map(millisecondsUntil) ?? -1)
            signal = try signals.next(milliseconds: milliseconds, orReadable: others)
        }
        switch signal {
        case .reload:
            service.reload {
                running.reload()
                control.reloadAll(why: "SIGHUP")
            }
        case .report: logger.info("state", metadata: server.report)
        case .stop where drainsAt == nil && running.settings.admin.drainDelay > .zero:
            health.drain()
            let delay = running.settings.admin.drainDelay
            logger.notice("going to stop", metadata: ["seconds": "\(delay / .seconds(1))"])
            drainsAt = Clock.monotonicNanoseconds() + delay.wholeNanoseconds
        case .stop:
            service.stopping()
            health.drain()
            // Who waits for a change would keep its connection from ending.
            requests.close()
            let hasEnded = drain(server, control, signals, running.settings.drainTimeout, &service, logger)
            // Last, so that metrics of the drain can be had.
            let hasAdminEnded = admin?.stop() ?? true
            withExtendedLifetime(pidFile) {}
            guard !(hasEnded && hasAdminEnded) else { return }
            // A reader may still be inside a read that never returns, so nothing it uses may be torn down.
            pidFile?.remove()
            _ = log.flush(timeout: .seconds(2))
            _exit(0)
        case nil:
            for request in requests.takeAll() { request.answer(running.change(request.changes)) }
            if watch.takeChanges() { control.reloadAll(why: "current changed") }
        }
    }
}

private func startAdminServer(_ settings: ServerSettings, _ health: Health, _ logger: Logger) throws -> AdminServer? {
    var context: TLSContext?
    if settings.admin.usesTLS, settings.admin.port != 0 {
        do throws(TLSError) {
            context = try TLSContext(settings.tls)
        } catch {
            throw CommandFailure(.badConfiguration, "admin-tls: \(error)")
        }
    }
    do throws(HTTPListenError) {
        return try AdminServer(settings: settings.admin, context: context, health: health, logger: logger)
    } catch {
        throw CommandFailure(.ioError, "admin-port: \(error)")
    }
}

/// The shorter of two waits in milliseconds, of which -1 is for ever.
private func earlier(_ one: Int32, _ other: Int32) -> Int32 {
    one < 0 ? other : other < 0 ? one : min(one, other)
}

/// For a wait until `deadline`, of the monotonic clock.
private func millisecondsUntil(_ deadline: UInt64) -> Int32 {
    let left = Clock.nanoseconds(from: Clock.monotonicNanoseconds(), to: deadline)
    return Int32(clamping: left / 1_000_000 + 1)
}

/// Logs until when the server's certificate is good, and loudly where it is not.
func noteCertificate(of server: Server, _ logger: Logger) {
    guard let context = server.tls.current else { return }
    let expiry: Logger.Metadata = [
        "not-after": "\(Date(timeIntervalSince1970: Double(context.notAfter)).ISO8601Format())"
    ]
    if let warning = context.certificateWarning(at: Clock.wallMicroseconds() / 1_000_000) {
        logger.warning("\(warning), and clients that check it will go", metadata: expiry)
    } else {
        logger.info("certificate read", metadata: expiry)
    }
}

/// The server, and the control of its versions.
///
/// Apart from ``serve(settings:sockets:signals:logger:log:input:)``, whose variables live as long as the process: a
/// first version that one of them held would never close.
///
/// - Returns: `nil` where a signal ended the wait for a version that has yet to come.
private func makeServer(
    _ settings: ServerSettings, _ trustedKeys: TrustedKeys, _ engines: EngineFactory,
    _ signals: borrowing SignalQueue, _ health: Health, _ logger: Logger
) throws -> (Server, SwapControl)? {
    guard let datasets = try openDatasets(settings, trustedKeys, engines, signals, health, logger) else { return nil }
    let catalog = Catalog(names: settings.datasets.map(\.name), versions: datasets.map(\.served.version))
    let server = try Server(settings: settings, catalog: catalog, logger: logger)
    let control = SwapControl(datasets)
    server.control = control
    return (server, control)
}

/// The links that announce versions, where the settings want them watched.
private func watchedNames(_ settings: ServerSettings, _ logger: Logger) throws -> NameWatch {
    var watch = try NameWatch()
    guard settings.watchesCurrent else { return watch }
    for dataset in settings.datasets {
        let link = ServedPath(path: dataset.path).announcingLink
        do {
            try watch.add(link.name, in: link.directory)
        } catch {
            // Such as too many watches on this machine; signals and commands still do.
            logger.error("cannot watch", metadata: ["directory": "\(link.directory)", "cause": "\(error)"])
        }
    }
    return watch
}

/// Answers what has been received and ends; a second signal, or the end of `timeout`, cuts it short.
///
/// - Returns: Whether every thread of the server has ended.
private func drain(
    _ server: Server, _ control: SwapControl, _ signals: borrowing SignalQueue, _ timeout: Duration,
    _ service: inout ServiceReports, _ logger: Logger
) -> Bool {
    logger.notice("stopping", metadata: ["connections": "\(server.connectionCount)"])
    // First, because who waits for a swap is answered that the server is stopping.
    let hasControlEnded = control.stop(deadline: Clock.monotonicNanoseconds() + 2_000_000_000)
    server.drain()
    let deadline = Clock.monotonicNanoseconds() + timeout.wholeNanoseconds
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
