internal import ArgumentParser
internal import FoundationEssentials
internal import Logging
internal import Platform
internal import ServerLog
internal import Settings

/// `almanac serve`: from the command line to resolved settings and a log; ``ServerStart`` and ``RunningServer`` do the
/// rest.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves datasets, read-only, to Redis clients.",
        usage: """
            almanac serve [NAME=]PATH ... [--port <n>] [<options>]
            almanac serve --config <path> [<options>]
            """,
        discussion: """
            Every option may also be given in the environment, as ALMANAC_ and its name in capitals \
            (ALMANAC_IDLE_TIMEOUT=5m, ALMANAC_DATASETS=users=/srv/users), and in the file of --config or \
            ALMANAC_CONFIG, by its name (idle-timeout: 5m). An option wins over the environment, and that over the \
            file. Sizes are bytes or take KiB, MiB, GiB and TiB, where kb and mb mean the same as in Redis; times \
            are seconds or take ms, s, m, h and d.

            EXAMPLES:
              almanac serve /srv/users
              almanac serve users=/srv/u7 prices=/srv/p2 --bind '*' --cache-size 8GiB
              almanac serve --config /etc/almanac.yaml --print-settings

            SIGNALS:
              SIGTERM, SIGINT  stop accepting, answer what has been received, exit
              SIGHUP           open the log file anew, read the settings and certificates
                               again, and look for new versions
              SIGUSR1          log what the server is doing

            EXIT CODES:
              0   ended by a signal
              64  the command line is wrong
              65  a dataset is damaged
              74  a file failed, or an address is taken
              78  the settings are wrong, or a path holds no dataset
            """)

    @OptionGroup var options: ServeOptions

    func run() throws {
        let input = SettingsInput(
            flags: options.flags, environment: ProcessInfo.processInfo.environment,
            configurationPath: options.config)
        let resolved = try input.resolve()
        guard !options.printSettings else { return print(resolved.yaml(), terminator: "") }

        // Before any thread is started, the log's included: a thread started earlier would die of SIGHUP.
        let signals = try SignalQueue()
        let settings = resolved.settings
        let sockets = try ListeningSockets.take(settings, environment: ProcessInfo.processInfo.environment)
        // Before anything is opened: what can be opened now can be opened anew on SIGHUP.
        try giveUpPrivileges(settings)
        let log = try Self.openLog(settings)
        // The process ends right after this, and the log's thread with it.
        defer { _ = log.flush(timeout: .seconds(2)) }
        let start = ServerStart(settings, input: input, log: log)
        try start.run(sockets: sockets, signals: signals)?.run()
    }

    private static func openLog(_ settings: ServerSettings) throws -> LogWriter {
        let format: LineFormat =
            switch settings.logFormat {
            case .text: .text
            case .json: .json
            }
        do {
            return try LogWriter(
                destination: settings.logFile.map { .file(path: $0) } ?? .standardError, format: format,
                level: Logger.Level(rawValue: settings.logLevel) ?? .info)
        } catch {
            guard let path = settings.logFile else { throw error }
            throw CommandFailure(.ioError, "log-file: \(path) cannot be opened: \(error.reason)")
        }
    }
}
