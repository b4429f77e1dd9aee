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

/// How a server comes to answer: opens what is served, takes the addresses, starts the threads.
///
/// For the main thread; waits for the disk, and for a first version as long as that takes.
struct ServerStart {
    private let settings: ServerSettings
    private let input: SettingsInput
    private let log: LogWriter
    private let logger: Logger
    private let engines: EngineFactory
    private let health = Health()

    /// - Parameters:
    ///   - settings: What is in effect at the start.
    ///   - input: Where `settings` came from; SIGHUP has it resolved again.
    ///   - log: Of the server; SIGHUP has it reopened, and its level set.
    init(_ settings: ServerSettings, input: SettingsInput, log: LogWriter) {
        self.settings = settings
        self.input = input
        self.log = log
        logger = log.logger(label: "almanac")
        engines = EngineFactory(settings, logger)
    }

    /// Starts all of it; clients are answered once this has returned.
    ///
    /// - Parameters:
    ///   - sockets: To listen on instead of what the settings say.
    ///   - signals: Made before any thread was started, so that none of them is killed by one.
    /// - Returns: `nil` where a signal ended the wait for a version that has yet to come.
    /// - Throws: ``CommandFailure``, `EngineError` or `SystemError` where serving cannot start.
    func run(sockets: ListeningSockets, signals: consuming SignalQueue) throws -> RunningServer? {
        let service = ServiceReports(environment: ProcessInfo.processInfo.environment, logger)
        service.opening(settings)
        let trustedKeys = try readTrustedKeys()
        // Before anything that may take long, so that probes are told what is waited for.
        let admin = try startAdminServer(sockets.admin)
        guard let (server, control, clientsPossible) = try makeServer(trustedKeys, signals) else {
            admin?.stop()
            return nil
        }
        var fitting = settings
        fitting.clientsMax = min(settings.clientsMax, clientsPossible)
        try readSecrets(server, needsCertificate: !sockets.tls.isEmpty)
        do throws(ListenError) {
            try server.listen(inheriting: sockets.redis, encrypted: sockets.tls)
        } catch {
            throw CommandFailure(.ioError, "\(error)")
        }
        // Before anybody can ask: what is asked early waits for the main thread.
        let requests = try SettingsRequests()
        server.settingsControl = requests
        try server.start()
        try control.start(
            settings: fitting, audience: ServerAudience(server), openEngine: engines.open,
            trustedKeys: trustedKeys, logger: logger)
        let liveness = Liveness(server.observer, control: control, watchdogTimeout: service.watchdogTimeout)
        health.serve(liveness, control: control)
        show(server, control, to: admin)
        let pidFile: ProcessIDFile? = if let path = settings.pidFile { try ProcessIDFile(path: path) } else { nil }
        logReady(server)
        return try RunningServer(
            server: server, control: control, liveness: liveness, admin: admin, health: health, pidFile: pidFile,
            signals: signals, requests: requests, service: service,
            settings: RunningSettings(
                fitting, clientsPossible: clientsPossible, input: input, log: log, logger: logger, server: server,
                control: control),
            log: log, logger: logger)
    }

    private func readTrustedKeys() throws -> TrustedKeys {
        guard settings.trustedKeysPath != nil || !settings.requiresSignature else {
            throw CommandFailure(.badConfiguration, "require-signature: trusted-keys must name whose signatures count")
        }
        do {
            return try TrustedKeys(path: settings.trustedKeysPath)
        } catch {
            throw CommandFailure(.badConfiguration, "trusted-keys: \(error)")
        }
    }

    private func startAdminServer(_ sockets: [InheritedSocket]) throws -> AdminServer? {
        var context: TLSContext?
        if settings.admin.usesTLS, settings.admin.port == 0, sockets.isEmpty {
            logger.warning("admin-tls without admin-port: there is no admin port to encrypt")
        }
        if settings.admin.usesTLS, settings.admin.port != 0 || !sockets.isEmpty {
            do throws(TLSError) {
                context = try TLSContext(settings.tls)
            } catch {
                throw CommandFailure(.badConfiguration, "admin-tls: \(error)")
            }
        }
        do throws(HTTPListenError) {
            return try AdminServer(
                settings: settings.admin, inheriting: sockets, context: context, health: health, logger: logger)
        } catch {
            throw CommandFailure(.ioError, "admin-port: \(error)")
        }
    }

    /// The server, and the control of its versions.
    ///
    /// Apart from ``run(sockets:signals:)``, lest anything that lives on hold a first version, which would never close.
    ///
    /// - Returns: Both, and how many clients there may be at most; `nil` where a signal ended the wait for a version that
    ///   has yet to come.
    private func makeServer(
        _ trustedKeys: TrustedKeys, _ signals: borrowing SignalQueue
    ) throws -> (server: Server, control: SwapControl, clientsPossible: Int)? {
        guard let datasets = try openDatasets(settings, trustedKeys, engines, signals, health, logger) else {
            return nil
        }
        let catalog = Catalog(names: settings.datasets.map(\.name), versions: datasets.map(\.served.version))
        let clientsPossible = try countDescriptors()
        var fitting = settings
        fitting.clientsMax = min(settings.clientsMax, clientsPossible)
        let server = try Server(settings: fitting, catalog: catalog, logger: logger)
        let control = SwapControl(datasets)
        server.control = control
        return (server, control, clientsPossible)
    }

    /// How many clients there are descriptors for, now that the datasets have theirs.
    private func countDescriptors() throws(CommandFailure) -> Int {
        let descriptors = ProcessDescriptors()
        do throws(DescriptorBudget.Failure) {
            let budget = try DescriptorBudget(descriptors, settings)
            if budget.clientsMax < settings.clientsMax {
                logger.warning(
                    "clients-max is lowered to what this process may open (ulimit -n, LimitNOFILE=)",
                    metadata: [
                        "wanted": "\(settings.clientsMax)", "clients-max": "\(budget.clientsMax)",
                        "limit": "\(descriptors.openMax)", "open": "\(descriptors.openCount)",
                        "another-version-fits": "\(!budget.isShort)",
                    ])
            }
            return budget.clientsMax
        } catch {
            throw CommandFailure(.badConfiguration, "\(error)")
        }
    }

    /// Users, passwords and certificates.
    private func readSecrets(_ server: Server, needsCertificate: Bool) throws(CommandFailure) {
        do {
            try server.adoptUsers(settings)
            try server.readCertificates(settings.tls)
        } catch {
            throw CommandFailure(.badConfiguration, "\(error)")
        }
        guard server.tls.current != nil || !needsCertificate else {
            throw CommandFailure(
                .badConfiguration, "the inherited socket \"tls\" needs tls-cert-file and tls-key-file")
        }
        server.noteCertificate(logger)
        server.noteUnknownDatabases(logger)
    }

    /// Lets the admin server tell of the server.
    private func show(_ server: Server, _ control: SwapControl, to admin: AdminServer?) {
        admin?.encrypt(with: server.tls)
        let metrics = MetricSources(server.observer, control: control, health: health) { [engines, log] in
            engines.metricFamilies() + log.metricFamilies
        }
        admin?.observe(ObservedServer(server.observer, control: control, settings: settings, metrics: metrics))
    }

    private func logReady(_ server: Server) {
        for address in server.addresses { logger.info("listening", metadata: ["address": "\(address)"]) }
        for address in server.encryptedAddresses {
            logger.info("listening with TLS", metadata: ["address": "\(address)"])
        }
        if Privileges.isRoot {
            logger.warning(
                "running as root", metadata: ["advice": "name a user in the setting user, or start it as one"])
        }
        logger.info(
            "ready",
            metadata: [
                "loops": "\(settings.loopCount)", "readers": "\(settings.readerCount)",
                "cache-bytes": "\(settings.cacheBytes)", "pid": "\(getpid())",
            ])
    }
}
