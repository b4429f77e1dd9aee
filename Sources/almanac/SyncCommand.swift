internal import Administration
internal import ArgumentParser
internal import Datasets
internal import FoundationEssentials
internal import HTTP
internal import Logging
internal import Platform
internal import RedisClient
internal import RemoteStorage
internal import ServerLog
internal import Settings
internal import Sync

/// `almanac sync`: the sidecar of a server.
struct SyncCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Keeps a data directory at the version that a source announces.",
        usage: """
            almanac sync --source <source> --data-dir <dir> [<options>]
            almanac sync --source <source> --data-dir <dir> --once
            """,
        discussion: """
            Asks the source for its pointer, current.json. Where that names another version than the current one, the \
            version is downloaded to DIR/incoming, every byte checked against its manifest, sealed as \
            DIR/versions/ID, and current is moved to it in one step. Then the server is told, and where it refuses \
            the version, current goes back. Files that a version here has already are linked, not downloaded. \
            A version that was refused or rolled back is not taken up again; another one is.

            Whatever ends the process, the next one goes on from there; a download is resumed.

            SOURCES:
              /path, file:///path           a directory, also a mounted one
              http://…, https://…           a web server
              s3://bucket/prefix            S3 and what is compatible, with
                                            ?region=…&endpoint=…&path-style=true;
                                            credentials as AWS's tools find them
              rclone:REMOTE:PATH            whatever rclone 1.70 or newer reads

            EXAMPLES:
              almanac sync --source s3://datasets/users --data-dir /srv/users \\
                  --server redis://127.0.0.1:6379/0
              almanac sync --source /mnt/published/users --data-dir /srv/users --once

            SIGNALS:
              SIGTERM, SIGINT  stop; a download is kept, to be resumed
              SIGHUP           ask the source now
              SIGUSR1          log the state

            EXIT CODES:
              0   up to date, or ended by a signal
              64  the command line is wrong
              65  what is published is wrong or was refused
              69  the source or the server cannot be reached
              74  a file failed, the disk is full, or another sync is at work
              78  the source, the server or the keys are given wrongly; the source and the
                  data directory are one, or one is in the other
            """)

    @Option(help: ArgumentHelp("Where versions are published.", valueName: "source"))
    var source: String

    @Option(
        help: ArgumentHelp("Where versions are kept, beside the server; made where it is missing.", valueName: "dir"))
    var dataDir: String

    @Flag(help: "Brings what is announced now, and ends.")
    var once = false

    @OptionGroup(title: "Pace")
    var pace: Pace

    @OptionGroup(title: "Server")
    var server: Server

    @OptionGroup(title: "Signatures")
    var signatures: Signatures

    @OptionGroup(title: "Administration")
    var administration: Administration

    @OptionGroup(title: "Output")
    var output: Output

    struct Pace: ParsableArguments {
        @Option(help: ArgumentHelp("Between two looks at the source, give or take 10 %.", valueName: "time"))
        var interval = TimeSpan(.seconds(15))

        @Option(
            help: ArgumentHelp("The most bytes a second that downloads take. (default: no limit)", valueName: "size"))
        var maxRate: MemorySize?

        @Option(help: ArgumentHelp("How many files or parts of files move at once; 1 to 64.", valueName: "count"))
        var connections = 8

        @Option(help: ArgumentHelp("How many good versions stay on the disk, at least.", valueName: "count"))
        var keep = 3

        @Option(help: ArgumentHelp("What a download must leave free on the disk.", valueName: "size"))
        var reserve = MemorySize(bytes: 1 << 30)
    }

    struct Server: ParsableArguments {
        @Option(
            help: ArgumentHelp(
                "Tells this server by DATASET RELOAD, and takes its answer: redis://host:port/database.",
                valueName: "url"))
        var server: String?

        @Option(help: ArgumentHelp("The dataset's name there. (default: that of the database)", valueName: "name"))
        var dataset: String?

        @Option(
            help: ArgumentHelp(
                "Tells the server whose process id is in this file by SIGHUP, and takes its answer from the directory.",
                valueName: "path"))
        var signalPidFile: String?

        @Option(help: ArgumentHelp("How long a server may take to answer.", valueName: "time"))
        var ackTimeout = TimeSpan(.seconds(600))
    }

    struct Signatures: ParsableArguments {
        @Option(help: ArgumentHelp("Public keys in PEM form of those who may publish.", valueName: "path"))
        var trustedKeys: String?

        @Flag(help: "Takes no version that none of them has signed.")
        var requireSignature = false
    }

    struct Administration: ParsableArguments {
        @Option(help: ArgumentHelp("TCP port for metrics and health; 0: none.", valueName: "n"))
        var adminPort: UInt16 = 0

        // An address that may be missing starts with a dash.
        @Option(
            parsing: .unconditionalSingleValue,
            help: ArgumentHelp("An address of the admin server. (default: 127.0.0.1 and ::1)", valueName: "address"))
        var adminBind: [String] = []
    }

    struct Output: ParsableArguments {
        @Option(help: ArgumentHelp("text or json, on standard error.", valueName: "format"))
        var logFormat = LogFormat.text

        @Option(
            help: ArgumentHelp(
                "The least severe lines to log: debug, info, notice, warning or error.", valueName: "level"))
        var logLevel = LogLevel.info

        @Option(
            help: ArgumentHelp(
                "How downloads are shown: bar, lines (of the log), json (on standard output) or none; auto is a bar on "
                    + "a terminal, else lines.", valueName: "style"))
        var progress = ProgressStyle.auto
    }

    func validate() throws {
        guard (1...64).contains(pace.connections) else { throw ValidationError("--connections must be 1 to 64") }
        guard pace.keep >= 1 else { throw ValidationError("--keep must be at least 1") }
        guard pace.interval.duration > .zero else { throw ValidationError("--interval must be longer than nothing") }
        guard pace.maxRate.map({ $0.bytes > 0 }) ?? true else { throw ValidationError("--max-rate must be above 0") }
        guard server.server == nil || server.signalPidFile == nil else {
            throw ValidationError("--server and --signal-pid-file both tell the server; give one of them")
        }
        guard server.dataset == nil || server.server != nil else {
            throw ValidationError("--dataset goes with --server")
        }
        guard !signatures.requireSignature || signatures.trustedKeys != nil else {
            throw ValidationError("--require-signature needs --trusted-keys")
        }
    }

    func run() throws {
        // Before any thread is started: a thread started earlier would die of SIGHUP.
        let signals = try SignalQueue()
        let log = try LogWriter(
            destination: .standardError, format: output.logFormat.lineFormat, level: output.logLevel.level)
        // The process ends right after this, and the log's thread with it.
        defer { _ = log.flush(timeout: .seconds(2)) }
        let logger = log.logger(label: "almanac")
        let control = SyncControl()
        let options = try options()
        let admin = try startAdminServer(control, logger)
        defer { admin?.stop() }
        let notice = try notice()
        let display = TransferDisplay(style: output.progress) { logger.info("\($0)") }
        do throws(SyncError) {
            let synchronizer = Synchronizer(
                directory: DataDirectory(path: dataDir), source: try openSource(source, control.cancellation),
                notice: notice, options: options, control: control, logger: logger,
                onProgress: { progress in
                    guard progress.filesDone < progress.filesTotal else { return display.clear() }
                    display.show(
                        .init(
                            phase: "downloading", bytesDone: progress.bytesDone, bytesTotal: progress.bytesTotal,
                            bytesTransferred: progress.bytesTransferred))
                })
            try receiveSignals(signals) { signal in
                switch signal {
                case .stop: control.stop()
                case .reload: control.pollNow()
                case .report: logger.notice("state", metadata: control.state.metadata)
                }
            }
            guard once else { return try synchronizer.run() }
            try Self.judge(try synchronizer.runOnce())
        } catch {
            display.clear()
            throw CommandFailure(error.kind.exitCode, error.description)
        }
    }

    private func startAdminServer(_ control: SyncControl, _ logger: Logger) throws -> AdminServer? {
        guard administration.adminPort != 0 else { return nil }
        let addresses = administration.adminBind.flatMap { $0.split { $0 == "," || $0 == " " } }.map(String.init)
        do throws(HTTPListenError) {
            return try AdminServer(
                bindAddresses: addresses.isEmpty ? ["127.0.0.1", "::1"] : addresses, port: administration.adminPort,
                sidecar: SidecarHealth(
                    // What cannot be had of a version that is here already keeps nobody from serving it.
                    problem: {
                        let state = control.state
                        return state.current == nil ? state.lastProblem ?? "no version has come yet" : nil
                    }), families: { control.families() }, logger: logger)
        } catch {
            throw CommandFailure(.ioError, "--admin-port: \(error)")
        }
    }

    private static func judge(_ outcome: Synchronizer.Outcome) throws(SyncError) {
        switch outcome {
        case .settled, .adopted: break
        case .refused(let refusal):
            throw SyncError(
                .refused, "the server refused version \(refusal.versionID): \(refusal.kind.rawValue): \(refusal.reason)"
            )
        case .declined(let id, let reason, let isWanted):
            guard !isWanted else { return }
            throw SyncError(.refused, "version \(id) is not taken up: \(reason)")
        }
    }

    // MARK: What was given

    private func options() throws -> SyncOptions {
        var options = SyncOptions()
        options.interval = pace.interval.duration
        options.keepCount = pace.keep
        options.bytesPerSecondMax = pace.maxRate?.bytes
        options.reserveBytes = pace.reserve.bytes
        options.connectionsMax = pace.connections
        options.answerTimeout = server.ackTimeout.duration
        guard let path = signatures.trustedKeys else { return options }
        let keys = try Self.trustedKeys(at: path)
        options.signatureProblem = { [isRequired = signatures.requireSignature] manifest, signature in
            do throws(SignatureError) {
                try ManifestSignature.verify(manifest, file: signature, trusted: keys)
                return nil
            } catch {
                if case .wrong = error { return error.description }
                return isRequired ? error.description : nil
            }
        }
        return options
    }

    private static func trustedKeys(at path: String) throws -> [VerificationKey] {
        do {
            guard let pem = try FileSystem.read(path, byteCountMax: 1 << 20) else {
                throw CommandFailure(.badConfiguration, "--trusted-keys: there is no \(path)")
            }
            return try VerificationKey.list(pem: pem)
        } catch let error as SignatureKeyError {
            throw CommandFailure(.badConfiguration, "--trusted-keys: \(path): \(error.description)")
        } catch let error as SystemError {
            throw CommandFailure(.badConfiguration, "--trusted-keys: cannot read \(path): \(error.reason)")
        }
    }

    private func notice() throws -> ServerNotice {
        if let path = server.signalPidFile { return .signal(pidFile: path) }
        guard let url = server.server else { return .none }
        do {
            return .redis(try RedisAddress(url), dataset: server.dataset)
        } catch {
            throw CommandFailure(.badConfiguration, "--server: \(error.description)")
        }
    }
}

/// Opens a source with what the environment has for it.
func openSource(_ text: String, _ cancellation: Cancellation) throws(SyncError) -> any Source {
    do throws(SourceError) {
        return try RemoteStorage.open(
            text, environment: ProcessInfo.processInfo.environment, cancellation: cancellation)
    } catch {
        throw SyncError(.misconfigured, error.description)
    }
}

/// A length of time on the command line, read as the settings of `almanac serve` are: `250ms`, `15s`, `10m`.
struct TimeSpan: ExpressibleByArgument, CustomStringConvertible {
    let duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        guard let duration = SettingText.duration(argument) else { return nil }
        self.duration = duration
    }

    var description: String { SettingText.text(of: duration) }
}

/// How lines of a log are written.
enum LogFormat: String, CaseIterable, ExpressibleByArgument {
    case text
    case json

    var lineFormat: LineFormat { self == .json ? .json : .text }
}

/// The least severe lines to log.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
    case debug
    case info
    case notice
    case warning
    case error

    var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .info }
}

extension SyncError.Kind {
    var exitCode: ExitCode {
        switch self {
        case .badData, .refused: .badData
        case .unreachable: .sourceUnreachable
        case .inputOutput, .busy: .ioError
        case .misconfigured, .overlapping: .badConfiguration
        // What a shell reports of a process that SIGTERM ended.
        case .cancelled: ExitCode(143)
        }
    }
}

extension SyncState {
    fileprivate var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = [
            "phase": "\(phase.rawValue)", "current": "\(current ?? "none")", "announced": "\(announced ?? "none")",
            "failures-in-a-row": "\(failuresInARow)",
        ]
        if phase == .downloading { metadata["bytes"] = "\(bytesDone) of \(bytesTotal)" }
        if let lastProblem { metadata["last-problem"] = "\(lastProblem)" }
        return metadata
    }
}
