public import Datasets
public import Logging
internal import Platform
public import RemoteStorage

/// Keeps one data directory at the version that a source announces: the sidecar of a server.
///
/// One thread runs it. Every step leaves the disk such that another process can go on from there after `kill -9`;
/// nothing is remembered anywhere else.
public final class Synchronizer {
    let directory: DataDirectory
    let source: any Source
    let options: SyncOptions
    let control: SyncControl
    let logger: Logger
    let onProgress: (TransferProgress) -> Void
    private let link: (any ServerLink)?
    private var pointer: (validator: ObjectValidator?, value: PublishedPointer)?
    /// The version that the server is known to have answered for.
    private var announcedID: String?
    /// Of versions that are here, so that their manifests are hashed once.
    private var manifestSHA256: [String: SHA256Digest] = [:]
    private var lastSaid = ""
    /// When the same error may be said again, in nanoseconds of the monotonic clock.
    private var errorDueAt: UInt64 = 0
    /// Whether there is another look at the source after this one.
    private var isFollowing = false
    /// Whether versions may be there that nobody needs; some could not be deleted because somebody had them open.
    var isCleaningDue = true

    /// How one look at the source ended.
    public enum Outcome: Sendable, Equatable {
        /// The version announced was current already.
        case settled(String)
        /// The version announced is current now.
        case adopted(String)
        /// The version announced is not wanted here: pinned to another, or refused earlier.
        case declined(String, reason: String, isRolledBack: Bool)
        /// The server refused what was brought here; `current` leads elsewhere again.
        case refused(Refusal)
    }

    /// - Parameters:
    ///   - directory: Made where it is missing; what it is in must be there.
    ///   - source: Opened with the cancellation of `control`.
    ///   - notice: How the server is told.
    ///   - options: Everything else that can be chosen.
    ///   - control: Stops the work from another thread.
    ///   - logger: Gets a record for each step.
    ///   - onProgress: Told of a download about ten times a second, on the thread that runs it.
    public init(
        directory: DataDirectory, source: any Source, notice: ServerNotice, options: SyncOptions, control: SyncControl,
        logger: Logger, onProgress: @escaping (TransferProgress) -> Void = { _ in }
    ) {
        self.directory = directory
        self.source = source
        self.options = options
        self.control = control
        self.logger = logger
        control.metrics.note { [path = directory.path] in $0.diskPath = path }
        self.onProgress = onProgress
        link =
            switch notice {
            case .none: nil
            case .redis(let address, let dataset):
                RedisLink(address: address, dataset: dataset, directory: directory, control: control)
            case .signal(let pidFile): SignalLink(pidFile: pidFile, directory: directory, control: control)
            }
    }

    /// Brings what is announced now here, and returns.
    ///
    /// - Returns: What came of it.
    /// - Throws: Why nothing came of it; `current` is what it was, and a download can be resumed.
    public func runOnce() throws(SyncError) -> Outcome {
        let lock = try begin()
        defer { withExtendedLifetime(lock) {} }
        return try countedPass()
    }

    /// Follows the source until a stop.
    ///
    /// - Throws: Where it could not begin: another process has the data directory, or it cannot be made.
    public func run() throws(SyncError) {
        let lock = try begin()
        defer { withExtendedLifetime(lock) {} }
        isFollowing = true
        var schedule = PollSchedule(interval: options.interval)
        while !control.isStopped {
            var hasFailed = false
            do throws(SyncError) {
                _ = try countedPass()
                control.note { ($0.lastProblem, $0.failuresInARow) = (nil, 0) }
            } catch let error where error.kind == .cancelled {
                break
            } catch {
                hasFailed = true
                report(error)
            }
            let pause = schedule.pause(hasFailed: hasFailed, jitter: .random(in: -1...1))
            control.note { $0.phase = .waiting }
            control.waitForPoll(pause)
        }
        logger.notice("stopped")
    }

    private func begin() throws(SyncError) -> DataDirectory.Lock {
        try checkApart()
        let lock = try SyncError.disk { () throws(DataDirectoryError) in
            try directory.create()
            let lock = try directory.lock()
            try directory.removeLeftovers()
            return lock
        }
        logger.notice("syncing", metadata: ["source": "\(source.name)", "directory": "\(directory.path)"])
        return lock
    }

    /// Refuses a source whose versions would be deleted as this directory's own.
    private func checkApart() throws(SyncError) {
        guard let published = source.directoryPath else { return }
        let (here, there) = (DirectoryLineage(directory.path), DirectoryLineage(published))
        guard here.isWithin(there) || there.isWithin(here) else { return }
        throw SyncError(
            .overlapping,
            "the source \(source.name) and the data directory \(directory.path) are one directory, or one is in the other; "
                + "give the data directory a place of its own")
    }

    private func report(_ error: SyncError) {
        control.note {
            $0.lastProblem = error.description
            $0.failuresInARow += 1
        }
        let now = Clock.monotonicNanoseconds()
        if now >= errorDueAt { lastSaid = "" }
        if say(.error, "sync failed", ["error": "\(error.description)"]) { errorDueAt = now + Self.errorNanoseconds }
    }

    /// How long a server is waited for that cannot be told of a version, before the source is looked at again.
    ///
    /// Longer than one takes to start; it is told at the next look all the same, and a newer version is not kept waiting.
    private static let absenceTime = Duration.seconds(5)
    /// An error that lasts is said once in so long.
    private static let errorNanoseconds: UInt64 = 60_000_000_000

    /// Logs what may be found again at every poll; the same thing is said once.
    ///
    /// - Returns: Whether it was not the same.
    @discardableResult
    func say(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> Bool {
        let said = "\(message) \(metadata.sorted { $0.key < $1.key })"
        defer { lastSaid = said }
        logger.log(level: said == lastSaid ? .debug : level, "\(message)", metadata: metadata)
        return said != lastSaid
    }

    // MARK: One look

    private func countedPass() throws(SyncError) -> Outcome {
        do throws(SyncError) {
            let outcome = try pass()
            control.metrics.noteEnd(.success(outcome))
            return outcome
        } catch {
            control.metrics.noteEnd(.failure(error))
            throw error
        }
    }

    private func pass() throws(SyncError) -> Outcome {
        try leaveRefused()
        control.note { $0.phase = .polling }
        let pointer = try readPointer()
        let id = pointer.versionID
        control.note { $0.announced = id }
        control.metrics.note { $0.announced = (id, pointer.publishedAt) }
        let (current, step) = try nextStep(for: pointer)
        control.note { $0.current = current }
        switch step {
        case .settled:
            try checkDigest(of: pointer)
            // The process before this one may have been killed after it changed `current`, and before it told anyone.
            if announcedID != id, let outcome = try tell(id, leaving: nil) { return outcome }
            if isCleaningDue { clean() }
            say(.info, "up to date", ["version": "\(id)"])
            return .settled(id)
        case .pinned(let pin):
            let reason = "the dataset is pinned to version \(pin.versionID)"
            say(.warning, "not taken up", ["version": "\(id)", "reason": "\(reason)"])
            return .declined(id, reason: reason, isRolledBack: true)
        case .refused(let refusal):
            let reason = "it is quarantined: \(refusal.kind.rawValue): \(refusal.reason)"
            say(.warning, "not taken up", ["version": "\(id)", "reason": "\(reason)"])
            return .declined(id, reason: reason, isRolledBack: refusal.kind == .rolledBack)
        case .flip: try checkDigest(of: pointer)
        case .download: try bring(pointer)
        }
        return try flip(to: id, from: current)
    }

    private func nextStep(for pointer: PublishedPointer) throws(SyncError) -> (current: String?, step: NextStep) {
        let id = pointer.versionID
        return try SyncError.disk { () throws(DataDirectoryError) in
            let current = try directory.currentVersionID()
            let step = NextStep(
                announced: id, current: current, isHere: try directory.has(id), refusal: try directory.refusal(of: id),
                pin: try directory.pin())
            return (current, step)
        }
    }

    private func readPointer() throws(SyncError) -> PublishedPointer {
        let fetched = try SyncError.source { () throws(SourceError) in
            try source.fetch(
                SourceLayout.pointer, unlessMatching: pointer?.validator, bytesMax: SourceLayout.pointerBytesMax)
        }
        switch fetched {
        case .unchanged:
            if let pointer { return pointer.value }
            throw SyncError(.unreachable, "\(source.name) says that \(SourceLayout.pointer) is as it never was")
        case .absent:
            pointer = nil
            throw SyncError(
                .unreachable, "\(source.name) has no \(SourceLayout.pointer): nothing has been published there")
        case .object(let bytes, let validator):
            pointer = nil
            guard let value = PublishedPointer.decode(bytes) else {
                throw SyncError(.badData, "\(source.name): \(SourceLayout.pointer) is no pointer to a version")
            }
            pointer = (validator, value)
            return value
        }
    }

    /// Checks that a version that is here is the one that the source means by its id.
    private func checkDigest(of pointer: PublishedPointer) throws(SyncError) {
        let id = pointer.versionID
        if manifestSHA256[id] == nil {
            let bytes = try SyncError.disk { () throws(DataDirectoryError) in try directory.manifest(of: id).bytes }
            manifestSHA256 = [id: SHA256.digest(of: bytes.span)]
        }
        guard manifestSHA256[id] == pointer.manifestSHA256 else {
            throw SyncError(
                .badData,
                "\(source.name) announces version \(id) with another manifest than the version \(id) here has; publish "
                    + "what has changed under a new id")
        }
    }

    // MARK: The server

    /// Tells the server, and goes back where it refuses.
    ///
    /// - Returns: `nil` where it serves the version.
    func tell(_ id: String, leaving previous: String?) throws(SyncError) -> Outcome? {
        guard let link else { return nil }
        control.note { $0.phase = .telling }
        let started = Clock.monotonicNanoseconds()
        let answer = try link.announce(
            id, until: Deadline(after: options.answerTimeout),
            whileAbsent: Deadline(after: isFollowing ? Self.absenceTime : options.answerTimeout))
        let milliseconds = (Clock.monotonicNanoseconds() - started) / 1_000_000
        switch answer {
        case .serving(let words):
            announcedID = id
            logger.notice(
                "served", metadata: ["version": "\(id)", "answer": "\(words)", "milliseconds": "\(milliseconds)"])
            return nil
        case .refused(let refusal):
            logger.error(
                "refused by the server",
                metadata: [
                    "version": "\(id)", "kind": "\(refusal.kind.rawValue)", "reason": "\(refusal.reason)",
                    "milliseconds": "\(milliseconds)",
                ])
            try leaveRefused(preferring: previous)
            return .refused(refusal)
        }
    }

}
