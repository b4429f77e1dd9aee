internal import ArgumentParser
internal import DatasetBuild
internal import Datasets
internal import Platform
internal import RemoteStorage
internal import Sync

/// `almanac publish`: uploads a version to where `almanac sync` finds it.
struct PublishCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Uploads a version, and announces it.",
        discussion: """
            DIR is a version, as almanac build makes it. Every file is checked against the manifest, uploaded to \
            versions/ID/ of the source, then the manifest, and last the pointer current.json, so that nobody ever \
            finds half a version. Doing it again uploads what is missing. What was published under an id is never \
            replaced by other bytes.

            SOURCES:
              /path, file:///path           a directory, also a mounted one
              s3://bucket/prefix            S3 and what is compatible, with
                                            ?region=…&endpoint=…&path-style=true;
                                            credentials as AWS's tools find them
              rclone:REMOTE:PATH            whatever rclone 1.70 or newer writes

            EXAMPLES:
              almanac publish users-20261121 s3://datasets/users
              almanac publish users-20261121 /mnt/published/users --no-activate

            EXIT CODES:
              0   done, or done already
              64  the command line is wrong, the source's part of it included
              65  the version is not whole, older than what is published, or its id is taken
              69  the source cannot be reached
              74  a file could not be read
              78  the source is DIR, is in it, or is the data directory that DIR belongs to
            """)

    @Argument(help: ArgumentHelp("The directory of the version.", valueName: "dir"))
    var directory: String

    @Argument(help: ArgumentHelp("Where to publish it.", valueName: "source"))
    var source: String

    @Flag(name: .customLong("no-activate"), help: "Leaves the pointer where it is.")
    var isInactive = false

    @Flag(help: "Lets the pointer go back to an older version.")
    var force = false

    @Option(help: ArgumentHelp("The most bytes a second that uploads take. (default: no limit)", valueName: "size"))
    var maxRate: MemorySize?

    @Option(help: ArgumentHelp("How many files or parts of files move at once; 1 to 64.", valueName: "count"))
    var connections = 8

    @Option(
        help: ArgumentHelp(
            "How the work is shown: bar, lines, json (on standard output) or none; auto is a bar on a terminal, else "
                + "lines.", valueName: "style"))
    var progress = ProgressStyle.auto

    func validate() throws {
        guard (1...64).contains(connections) else { throw ValidationError("--connections must be 1 to 64") }
        guard maxRate.map({ $0.bytes > 0 }) ?? true else { throw ValidationError("--max-rate must be above 0") }
        guard !(isInactive && force) else {
            throw ValidationError("--force moves the pointer and --no-activate leaves it; give one of them")
        }
    }

    func run() throws {
        // Before anything starts a thread, which would else die of the signals.
        let signals = try SignalQueue()
        let cancellation = Cancellation()
        let display = TransferDisplay(style: progress) { writeToStandardError($0 + "\n") }
        var options = Publisher.Options()
        options.isActivating = !isInactive
        options.isForced = force
        options.bytesPerSecondMax = maxRate?.bytes
        options.connectionsMax = connections
        let started = Clock.monotonicNanoseconds()
        do throws(SyncError) {
            try receiveSignals(signals) { if $0 != .report { cancellation.cancel() } }
            let publisher = Publisher(
                version: VersionDirectory(path: directory), source: try openSource(source, cancellation),
                options: options, cancellation: cancellation,
                onProgress: {
                    display.show(
                        .init(
                            phase: $0.phase.rawValue, bytesDone: $0.bytesDone, bytesTotal: $0.bytesTotal,
                            bytesTransferred: $0.bytesDone))
                })
            let summary = try publisher.run()
            display.clear()
            let elapsed = Duration.nanoseconds(Int64(Clock.monotonicNanoseconds() - started))
            // Standard output is the program's where progress goes there.
            if progress != .json { print(summary.text(source: source, elapsed: elapsed)) }
        } catch {
            display.clear()
            throw CommandFailure(error.kind == .misconfigured ? .usage : error.kind.exitCode, error.description)
        }
    }
}

extension Publisher.Summary {
    /// Several lines for an operator.
    fileprivate func text(source: String, elapsed: Duration) -> String {
        let rate = Int(Double(bytesUploaded) / max(elapsed / .seconds(1), 0.001))
        let pointer =
            switch (isActive, previousID) {
            case (true, versionID): "is announced already"
            case (true, let previous?): "is announced, after \(previous)"
            case (true, nil): "is announced, the first"
            case (false, let previous): "is not announced; \(previous ?? "nothing") is"
            }
        return """
            \(source): version \(versionID) \(pointer)
              files     \(Quantity.grouped(fileCount)), \(Quantity.bytes(byteCount))
              uploaded  \(Quantity.grouped(filesUploaded)), \(Quantity.bytes(bytesUploaded))
              time      \(Quantity.duration(elapsed)), \(Quantity.bytes(rate))/s
            """
    }
}
