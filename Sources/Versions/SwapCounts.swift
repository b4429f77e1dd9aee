public import Datasets
public import ServerMetrics

/// What has become of the versions of one dataset since the server began; a plain value.
public struct SwapCounts: Sendable {
    /// How the wish for another version can end.
    public enum Outcome: String, Sendable, CaseIterable {
        /// Another version is being served.
        case swapped
        /// An operator went back to another version, which is being served.
        case rolledBack = "rolled-back"
        /// The version is in quarantine.
        case refused
        /// The version could not be looked for or opened, and may be tried again.
        case failed
    }

    public private(set) var outcomes: [Outcome: Int] = [:]
    /// Versions that were put in quarantine, by what was wrong with them; also those that were served before.
    public private(set) var refusals: [Refusal.Kind: Int] = [:]
    /// How long each step of those swaps took that led to another version, in the order in which the steps come.
    public private(set) var phases: [(name: String, times: LatencyHistogram)] = []
    /// When the version being served began to be, in seconds since 1970.
    public private(set) var servingSinceUnixSeconds: Int

    init(servingSince: ManifestTime) { servingSinceUnixSeconds = Int(servingSince.unixSeconds) }

    mutating func addSwap(_ outcome: Outcome, _ taken: SwapPhases, at time: ManifestTime) {
        add(outcome)
        servingSinceUnixSeconds = Int(time.unixSeconds)
        for (name, nanoseconds) in taken.phases {
            let place = phases.firstIndex { $0.name == name } ?? phases.count
            if place == phases.count { phases.append((name, LatencyHistogram())) }
            phases[place].times.add(each: nanoseconds)
        }
    }

    mutating func add(_ outcome: Outcome) { outcomes[outcome, default: 0] += 1 }

    mutating func add(_ refusal: Refusal.Kind) { refusals[refusal, default: 0] += 1 }
}
