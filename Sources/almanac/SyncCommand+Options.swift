internal import ArgumentParser
private import Datasets
private import Platform
private import RedisClient
internal import Settings
internal import Sync

extension SyncCommand {
    /// How often, how fast, and how much stays.
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

    /// Who is told of a version.
    struct Server: ParsableArguments {
        @Option(
            help: ArgumentHelp(
                "Tells this server by DATASET RELOAD, and takes its answer: redis://host:port/database.",
                valueName: "url"))
        var server: String?

        @OptionGroup var password: ServerPassword

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

    /// Whose versions are taken.
    struct Signatures: ParsableArguments {
        @Option(help: ArgumentHelp("Public keys in PEM form of those who may publish.", valueName: "path"))
        var trustedKeys: String?

        @Flag(help: "Takes no version that none of them has signed.")
        var requireSignature = false
    }

    /// Where the sidecar itself is watched.
    struct Administration: ParsableArguments {
        @Option(help: ArgumentHelp("TCP port for metrics and health; 0: none.", valueName: "n"))
        var adminPort: UInt16 = 0

        // An address that may be missing starts with a dash.
        @Option(
            parsing: .unconditionalSingleValue,
            help: ArgumentHelp("An address of the admin server. (default: 127.0.0.1 and ::1)", valueName: "address"))
        var adminBind: [String] = []
    }

    /// What it says of itself.
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

    // MARK: What they mean

    /// What the synchronizer goes by.
    func options() throws -> SyncOptions {
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

    /// How the server is told.
    func notice() throws -> ServerNotice {
        if let path = server.signalPidFile { return .signal(pidFile: path) }
        guard let url = server.server else { return .none }
        do {
            return .redis(try server.password.address(url), dataset: server.dataset)
        } catch {
            throw CommandFailure(.badConfiguration, "--server: \(error.description)")
        }
    }
}
