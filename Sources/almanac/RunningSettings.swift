internal import Commands
internal import Logging
internal import Server
internal import ServerLog
internal import Settings
internal import Versions

/// The settings in effect, and everything that goes by them; for the main thread.
struct RunningSettings {
    private(set) var settings: ServerSettings
    private let input: SettingsInput
    private let log: LogWriter
    private let logger: Logger
    private let server: Server
    private let control: SwapControl
    private let clientsPossible: Int
    /// What clients have changed since the settings were last read.
    private var changedByClients: Set<String> = []

    /// - Parameters:
    ///   - settings: In effect already.
    ///   - clientsPossible: The most that `clients-max` can be in this process.
    ///   - input: Where they came from, to be read again.
    ///   - log: Where `logger` writes, to be opened anew and to have its level set.
    ///   - logger: The server's own.
    ///   - server: Of which all loops go by the settings.
    ///   - control: Which goes by those about versions.
    init(
        _ settings: ServerSettings, clientsPossible: Int, input: SettingsInput, log: LogWriter, logger: Logger,
        server: Server, control: SwapControl
    ) {
        self.settings = settings
        self.clientsPossible = clientsPossible
        self.input = input
        self.log = log
        self.logger = logger
        self.server = server
        self.control = control
    }

    /// SIGHUP: opens the log anew and reads the settings again; a mistake in them changes nothing.
    ///
    /// What clients have changed is as the settings say again, but for a password where the settings name nobody: a
    /// signal that comes with each version must not open the server to everyone.
    mutating func reload() {
        log.reopen()
        do {
            var read = try input.resolve().settings
            let keepsPassword = changedByClients.contains(Self.passwordKey) && read.access.namesNobody
            if keepsPassword { read.access.password = settings.access.password }
            read.clientsMax = min(read.clientsMax, clientsPossible)
            let (changed, needRestart) = settings.adoptChangeable(from: read)
            // What the files hold may have changed though their names have not.
            _ = readCertificates()
            apply()
            adoptUsers()
            logger.notice("settings read again", metadata: ["changed": "\(Self.list(changed))"])
            let undone = changed.filter(changedByClients.contains)
            changedByClients = keepsPassword ? [Self.passwordKey] : []
            if keepsPassword {
                logger.notice("the password that a client has set stays: the settings name neither one nor users")
            }
            if !undone.isEmpty {
                logger.notice(
                    "settings changed by clients are as before", metadata: ["settings": "\(Self.list(undone))"])
            }
            if !needRestart.isEmpty {
                logger.warning(
                    "settings that take effect at the next start only",
                    metadata: ["settings": "\(Self.list(needRestart))"])
            }
        } catch {
            for problem in error.problems {
                logger.error("settings unchanged", metadata: ["mistake": "\(problem)"])
            }
        }
    }

    /// `CONFIG SET`: changes all or nothing, and waits until every loop goes by it.
    mutating func change(_ changes: [(name: String, value: String)]) -> SettingsAnswer {
        let before = settings
        do {
            let changed = try settings.change(changes)
            guard settings.clientsMax <= clientsPossible else {
                settings = before
                let name = changes.first { Self.clientsMaxNames.contains($0.name.lowercased()) }?.name
                return .refused(
                    name: name ?? "maxclients",
                    reason: "The operating system is not able to handle the specified number of clients, try with "
                        + "\(clientsPossible)")
            }
            if let name = changes.first(where: { $0.name.lowercased().hasPrefix("tls-") })?.name {
                guard readCertificates() else {
                    settings = before
                    return .refused(
                        name: name, reason: "Unable to update TLS configuration. Check server logs.")
                }
            }
            changedByClients.formUnion(changed)
            if !changed.isEmpty { apply() }
            if changes.contains(where: { Self.passwordNames.contains($0.name.lowercased()) }) {
                server.setDefaultPassword(settings)
            }
            logger.notice(
                "settings changed by a client until they are read again", metadata: ["changed": "\(Self.list(changed))"]
            )
            return .changed
        } catch {
            switch error {
            case .unknown(let index): return .unknown(index: index)
            case .refused(let name, let reason): return .refused(name: name, reason: reason)
            }
        }
    }

    /// Reads the files of the password and of the users again; a mistake in them changes nothing.
    private func adoptUsers() {
        let wasOpen = server.observer.letsInWithoutPassword
        do {
            try server.adoptUsers(settings)
            let isOpen = server.observer.letsInWithoutPassword
            if isOpen, !wasOpen { logger.warning("the default user needs no password from now on") }
            if settings.access.usersPath != nil || settings.access.users != nil {
                logger.notice("users read again", metadata: ["count": "\(server.observer.userCount)"])
            }
        } catch {
            logger.error("users unchanged", metadata: ["mistake": "\(error)"])
        }
    }

    /// Has connections that come from now on be encrypted as the settings say; false where that cannot be, which
    /// leaves all as it was.
    private func readCertificates() -> Bool {
        do {
            try server.readCertificates(settings.tls)
            server.noteCertificate(logger)
            return true
        } catch {
            logger.error("certificates and TLS are as before", metadata: ["cause": "\(error)"])
            return false
        }
    }

    private func apply() {
        if let level = Logger.Level(rawValue: settings.logLevel) { log.level = level }
        server.apply(settings)
        control.apply(settings)
    }

    private static let clientsMaxNames: Set<String> = ["clients-max", "maxclients"]
    private static let passwordKey = "password"
    private static let passwordNames: Set<String> = [passwordKey, "requirepass"]

    private static func list(_ keys: [String]) -> String { keys.isEmpty ? "nothing" : keys.joined(separator: ",") }
}
