internal import Datasets
internal import Platform
internal import RemoteStorage
internal import Synchronization

/// What a ``Synchronizer`` has done since its process began, counted.
///
/// The synchronizer's thread counts, a few times a second at most; any thread reads.
final class SyncMetrics: Sendable {
    /// Everything that is counted; bytes and moments of ``Clock/monotonicNanoseconds()`` where nothing else is said.
    struct Counts {
        var pollsByOutcome: [PollOutcome: Int] = [:]
        var failuresByKind: [SyncError.Kind: Int] = [:]
        var failuresInARow = 0
        var versionsByOutcome: [VersionOutcome: Int] = [:]
        /// So that what is found again at every poll is counted as one version.
        var lastVersion: (id: String, outcome: VersionOutcome)?
        /// The version announced last, and when its publisher says that this was.
        var announced: (id: String, publishedAt: ManifestTime)?
        /// The version that was adopted or found in place last.
        var settledID: String?
        let startedAt = Clock.monotonicNanoseconds()
        var succeededAt: UInt64?
        var downloads = DurationHistogram()
        var downloadsByOutcome: [DownloadOutcome: Int] = [:]
        var bytesTransferred = 0
        var bytesLinked = 0
        var bytesResumed = 0
        var retries = RetryCounts()
        /// The data directory.
        var diskPath: String?
    }

    /// How a look at the source ended.
    enum PollOutcome: String, CaseIterable { case settled, adopted, declined, refused, failed }

    /// What came of a version that was announced.
    enum VersionOutcome: String, CaseIterable {
        /// It is current, and the server, where one is told, serves it.
        case adopted
        /// Pinned to another, or in quarantine.
        case declined
        /// The server refused it.
        case refused
        /// What is published of it is incomplete, damaged or not trusted.
        case unusable
    }

    enum DownloadOutcome: String, CaseIterable { case completed, failed, cancelled }

    private let shared = Mutex(Counts())

    var counts: Counts { shared.withLock { $0 } }

    func note(_ change: (inout Counts) -> Void) { shared.withLock { change(&$0) } }

    /// Counts how a look at the source ended.
    func noteEnd(_ result: Result<Synchronizer.Outcome, SyncError>) {
        let now = Clock.monotonicNanoseconds()
        note { counts in
            switch result {
            case .success(.settled(let id)): counts.end(.settled, id, nil, at: now)
            case .success(.adopted(let id)): counts.end(.adopted, id, .adopted, at: now)
            case .success(.declined(let id, _, _)): counts.end(.declined, id, .declined, at: now)
            case .success(.refused(let refusal)): counts.end(.refused, refusal.versionID, .refused, at: now)
            case .failure(let error): counts.fail(error.kind)
            }
        }
    }

    /// Counts what has moved since `earlier`, which is of the same transfer; `nil` at its first word.
    func noteTransfer(_ progress: TransferProgress, after earlier: TransferProgress?) {
        note {
            $0.bytesTransferred += progress.bytesTransferred - (earlier?.bytesTransferred ?? 0)
            $0.retries = $0.retries + (progress.retries - (earlier?.retries ?? RetryCounts()))
        }
    }

    /// Counts a download and how long it takes.
    func countingDownload(
        _ body: () throws(SyncError) -> VersionDownload.Summary
    ) throws(SyncError) -> VersionDownload.Summary {
        let started = Clock.monotonicNanoseconds()
        do throws(SyncError) {
            let summary = try body()
            let seconds = Double(Clock.monotonicNanoseconds() - started) / 1e9
            note {
                $0.downloadsByOutcome[.completed, default: 0] += 1
                $0.downloads.add(seconds)
                $0.bytesLinked += summary.bytesLinked
                $0.bytesResumed += summary.bytesResumed
            }
            return summary
        } catch {
            let outcome = error.kind == .cancelled ? DownloadOutcome.cancelled : .failed
            note { $0.downloadsByOutcome[outcome, default: 0] += 1 }
            throw error
        }
    }
}

extension SyncMetrics.Counts {
    fileprivate mutating func end(
        _ poll: SyncMetrics.PollOutcome, _ id: String, _ version: SyncMetrics.VersionOutcome?, at now: UInt64
    ) {
        pollsByOutcome[poll, default: 0] += 1
        failuresInARow = 0
        // A poll that found the source in order succeeded, whatever was decided about the version.
        succeededAt = now
        if poll == .settled || poll == .adopted {
            settledID = id
        } else if settledID == id {
            // Rolled back, or pinned away from, after it was adopted.
            settledID = nil
        }
        if let version { count(id, version) }
    }

    fileprivate mutating func fail(_ kind: SyncError.Kind) {
        // To be stopped is no failure.
        guard kind != .cancelled else { return }
        pollsByOutcome[.failed, default: 0] += 1
        failuresByKind[kind, default: 0] += 1
        failuresInARow += 1
        if kind == .badData, let announced { count(announced.id, .unusable) }
    }

    private mutating func count(_ id: String, _ outcome: SyncMetrics.VersionOutcome) {
        guard lastVersion?.id != id || lastVersion?.outcome != outcome else { return }
        lastVersion = (id, outcome)
        versionsByOutcome[outcome, default: 0] += 1
    }
}

/// How long things took, in a few classes.
struct DurationHistogram: Equatable {
    /// In seconds, inclusive, ascending: from a small delta to a day's worth of data over a slow line.
    static let bounds: [Double] = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400]

    /// Of each bound, how many were at most that long and longer than the one before.
    private(set) var counts = [Int](repeating: 0, count: bounds.count)
    private(set) var count = 0
    /// In seconds.
    private(set) var sum = 0.0

    mutating func add(_ seconds: Double) {
        count += 1
        sum += seconds
        if let index = Self.bounds.firstIndex(where: { seconds <= $0 }) { counts[index] += 1 }
    }
}
