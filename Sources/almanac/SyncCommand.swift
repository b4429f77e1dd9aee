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
              http://…, https://…           a web server; passwords in the netrc file that
                                            the environment's NETRC names
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
        guard server.password.serverPasswordFile == nil || server.server != nil else {
            throw ValidationError("--server-password-file goes with --server")
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
                notice: notice, options: options, control: control, logger: logger, onProgress: display.show)
            try receiveSignals(signals) { control.act(on: $0, logger) }
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
}

extension TransferDisplay {
    /// Shows how far a download is.
    fileprivate func show(_ progress: TransferProgress) {
        guard progress.filesDone < progress.filesTotal else { return clear() }
        show(
            .init(
                phase: "downloading", bytesDone: progress.bytesDone, bytesTotal: progress.bytesTotal,
                bytesTransferred: progress.bytesTransferred))
    }
}

extension SyncControl {
    /// What a signal asks for; on the thread that receives signals.
    fileprivate func act(on signal: ProcessSignal, _ logger: Logger) {
        switch signal {
        case .stop: stop()
        case .reload: pollNow()
        case .report: logger.notice("state", metadata: state.metadata)
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
