public import Commands
internal import Storage
private import Synchronization

/// What probes are told: whether the process works, whether it is to get traffic, and whether it is warm.
///
/// Known before there is a server, so that who waits for a first version can be told so. For any thread.
public final class Health: Sendable {
    private let stage = Mutex(Stage.starting(reason: "starting"))

    private enum Stage {
        case starting(reason: String)
        case serving(Liveness?, any DatasetControl)
        /// Going to end, though clients are answered still.
        case draining(Liveness?, any DatasetControl)
    }

    public init() {}

    /// Says why no dataset is served yet, in one line.
    public func wait(because reason: String) { stage.withLock { $0 = .starting(reason: reason) } }

    /// From here on all datasets are served, by threads that `liveness` watches.
    public func serve(_ liveness: Liveness?, control: any DatasetControl) {
        stage.withLock { $0 = .serving(liveness, control) }
    }

    /// From here on the server wants no new clients, though it serves those that come.
    public func drain() {
        stage.withLock { stage in
            switch stage {
            case .serving(let liveness, let control): stage = .draining(liveness, control)
            case .starting: stage = .starting(reason: "the server is stopping")
            case .draining: break
            }
        }
    }

    // MARK: Checks

    /// The process is to be started again where one of these fails.
    func livenessChecks() -> [HealthCheck] {
        switch stage.withLock({ $0 }) {
        // Whoever is asked this works, and waits for a version, for as long as that takes.
        case .starting: [HealthCheck("process")]
        case .serving(let liveness, _), .draining(let liveness, _):
            [HealthCheck("process")] + (liveness?.checks() ?? [])
        }
    }

    /// The server is to get traffic while none of these fails.
    func readinessChecks() -> [HealthCheck] {
        switch stage.withLock({ $0 }) {
        case .starting(let reason): [HealthCheck("start", reason)]
        case .serving(_, let control): [HealthCheck("start")] + control.facts().map(Self.readiness)
        case .draining(_, let control):
            [HealthCheck("stop", "the server is stopping")] + control.facts().map(Self.readiness)
        }
    }

    /// What is served is where it is to be, in memory or on disk, once none of these fails.
    func warmthChecks() -> [HealthCheck] {
        switch stage.withLock({ $0 }) {
        case .starting(let reason): [HealthCheck("start", reason)]
        case .serving(_, let control), .draining(_, let control):
            [HealthCheck("start")] + control.facts().map(Self.warmth)
        }
    }

    private static func readiness(of dataset: DatasetFacts) -> HealthCheck {
        // Nothing else is served: a version found to be damaged is left for another, where there is another.
        let isDamaged = dataset.verification == .damaged
        let problem = "version \(dataset.versionID) is damaged, and there is no other"
        return HealthCheck("dataset-\(dataset.name)", isDamaged ? problem : nil)
    }

    private static func warmth(of dataset: DatasetFacts) -> HealthCheck {
        let name = "dataset-\(dataset.name)"
        guard let residency = dataset.residency, !residency.isComplete else { return HealthCheck(name) }
        let (resident, wanted) = (residency.residentByteCount, residency.wantedByteCount)
        return HealthCheck(name, "\(resident) of \(wanted) bytes of version \(dataset.versionID) are in memory")
    }
}
