internal import Commands
internal import Datasets
internal import Platform
public import Settings
internal import Storage

/// A dataset with the version that it begins with.
public struct OpenedDataset: Sendable {
    public let dataset: DatasetPath
    public let served: ServedVersion

    public init(dataset: DatasetPath, served: ServedVersion) {
        self.dataset = dataset
        self.served = served
    }
}

/// What the control thread knows of one dataset.
struct DatasetState {
    let dataset: DatasetPath
    var served: ServedVersion
    var servingSince = ManifestTime.now
    /// Replaced versions that are still open, the latest first.
    var retired: [Retired] = []
    /// What is being opened.
    var staging: Staging?
    /// What was being opened and is wanted no longer; each ends at its next step.
    var abandoned: [Staging] = []
    /// What is to be done with it, and who waits for that.
    var swap: Swap?
    /// A trigger that came meanwhile.
    var next: Trigger?
    /// What is being brought into memory, and what was and is wanted no longer.
    var loadings: [Loading] = []
    /// What is being hashed, and who waits for that.
    var verifying: Verification?
    /// Refusals that could not be written to the data directory, and of what; by version id.
    var unrecordedRefusals: [String: (refusal: Refusal, place: VersionPlace)] = [:]
    var swapCount = 0
    var history = SwapHistory()
    var lastSwap: (unixSeconds: Int, milliseconds: Int, phases: [DatasetFacts.Phase])?
    var lastRefusal: Refusal? {
        didSet { if let lastRefusal { count(lastRefusal) } }
    }
    /// The version whose damage was counted last.
    private var damagedID: String?
    var triggersAnswered = 0
    var pinnedID: String?

    /// Counts a version once whose damage is found by who hashes it and by who loads it, and which is then left for it.
    private mutating func count(_ refusal: Refusal) {
        if refusal.kind == .damaged {
            guard refusal.versionID != damagedID else { return }
            damagedID = refusal.versionID
        }
        counts.add(refusal.kind)
    }

    typealias Answer = @Sendable (DatasetAnswer) -> Void

    /// A wish for the announced version, of one or many.
    struct Trigger {
        var isForced = false
        var answers: [Answer] = []

        mutating func add(_ other: Trigger) {
            isForced = isForced || other.isForced
            answers += other.answers
        }
    }

    /// Why a version is being opened.
    struct Swap {
        enum Cause: Equatable {
            case reload
            /// Back from the version being served, whose refusal is on record already.
            case rollback
            case pin
        }

        var cause: Cause
        var place: VersionPlace
        var answers: [Answer]
        /// Of the version being served, to go on record once another serves in its place.
        var refusalOfLeft: Refusal?
        /// What the data directory said before a pin, to be said again where the pin comes to nothing.
        var before: (pin: Pin?, currentID: String?)?

        var target: String { place.id }
    }

    /// The hashing of a version's files.
    struct Verification {
        let thread: Verifying
        let place: VersionPlace
        /// Whether the server wants it for itself.
        let isBackground: Bool
        var answers: [Answer]
    }

    struct Retired {
        var served: ServedVersion
        /// In nanoseconds of the monotonic clock.
        var closesAt: UInt64
    }

    /// For the metrics.
    var counts: SwapCounts

    init(_ opened: OpenedDataset) {
        dataset = opened.dataset
        served = opened.served
        counts = SwapCounts(servingSince: servingSince)
    }

    var path: ServedPath { ServedPath(path: dataset.path) }

    var facts: DatasetFacts {
        let engine = served.version.engine
        var facts = DatasetFacts(
            name: dataset.name, versionID: served.id, format: engine.format, keyCount: served.keyCount,
            isKeyCountExact: served.version.keyCount == .exact(served.keyCount))
        facts.path = dataset.path
        facts.servingSinceUnixSeconds = Int(servingSince.unixSeconds)
        facts.createdUnixSeconds = served.manifest.map { Int($0.created.unixSeconds) }
        facts.byteCount = served.byteCount
        facts.verification =
            switch served.verification {
            case .none: .none
            case .sizes: .sizes
            case .sealed: .sealed
            case .full: .full
            case .damaged: .damaged
            }
        facts.residency = engine.residency
        facts.isPinned = pinnedID != nil
        facts.stagedVersionID = swap?.target
        facts.retired = retired.map { .init(versionID: $0.served.id, userCount: $0.served.open.userCount) }
        facts.state = swap == nil ? .serving : .swapping
        facts.swapCount = swapCount
        facts.lastSwapUnixSeconds = lastSwap?.unixSeconds
        facts.lastSwapMilliseconds = lastSwap?.milliseconds
        facts.lastSwapPhases = lastSwap?.phases ?? []
        facts.lastRefusal = lastRefusal.map {
            DatasetFacts.Refusal(
                versionID: $0.versionID, reason: "\($0.kind.rawValue): \($0.reason)",
                unixSeconds: Int($0.refusedAt.unixSeconds))
        }
        return facts
    }

    /// What connections may choose to stay on: the version being served, then the one being readied, then those before.
    var openVersions: [OpenVersion] {
        let staged = staging?.opened?.open
        return [served.open] + (staged.map { [$0] } ?? []) + retired.map(\.served.open)
    }

    /// Why a version is not to be served, as far as is known here and on disk.
    func refusal(of place: VersionPlace) -> Refusal? {
        if let (refusal, refused) = unrecordedRefusals[place.id], refused == place, refusal.isStill(of: place) {
            return refusal
        }
        return recordedRefusal(of: place.id).flatMap { $0.isStill(of: place) ? $0 : nil }
    }

    /// The same for an operator to read, whatever bears the id by now.
    func refusal(ofVersion id: String) -> Refusal? { unrecordedRefusals[id]?.refusal ?? recordedRefusal(of: id) }

    private func recordedRefusal(of id: String) -> Refusal? {
        // A directory that cannot be read holds no record.
        path.dataDirectory.flatMap { (try? $0.refusal(of: id)) ?? nil }
    }
}
