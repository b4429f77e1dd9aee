internal import Commands
internal import Storage

/// One dataset, as `/datasets` and `/status.json` tell of it.
///
/// The names, in snake_case, are part of the interface: they never change their meaning; what is not known is left out,
/// and new ones may come. Times are in seconds since 1970.
struct DatasetReport: Encodable, Equatable {
    /// The number that `SELECT` takes.
    var database: Int
    var name: String
    /// What the operator said is to be served: a directory.
    var path: String?
    var version: String
    /// `serving` or `swapping`.
    var state: String
    var format: String
    var keys: Int
    var keysExact: Bool
    var bytes: Int?
    /// When the version was built.
    var createdSeconds: Int?
    /// How long ago that was, where the reader is not left to find it out.
    var ageSeconds: Int?
    /// Since when the version is served.
    var servingSinceSeconds: Int?
    /// `none`, `sizes`, `sealed`, `full` or `damaged`.
    var verified: String
    var pinned: Bool
    /// The version that is being made ready.
    var staged: String?
    /// Versions that were replaced and are still open, the newest first.
    var retired: [Retired]
    /// Of versions, since the server began.
    var swaps: Int
    var lastSwap: Swap?
    var lastRefusal: Refusal?
    var residency: Residency?

    struct Retired: Encodable, Equatable {
        var version: String
        /// Connections that have chosen to stay on it; 0: it is kept for a rollback, or about to be closed.
        var clients: Int
    }

    struct Swap: Encodable, Equatable {
        var unixSeconds: Int?
        var milliseconds: Int
        var phases: [Phase]
    }

    struct Phase: Encodable, Equatable {
        var name: String
        var milliseconds: Int
    }

    struct Refusal: Encodable, Equatable {
        var version: String
        var reason: String
        var unixSeconds: Int
    }

    struct Residency: Encodable, Equatable {
        /// `memory` or `disk`.
        var mode: String
        var wantedBytes: Int
        var residentBytes: Int
        var indexBytes: Int
        var locked: Bool
        var complete: Bool
    }
}

extension DatasetReport {
    init(_ facts: DatasetFacts, database: Int) {
        self.database = database
        name = facts.name
        path = facts.path
        version = facts.versionID
        state = facts.state.rawValue
        format = facts.format
        keys = facts.keyCount
        keysExact = facts.isKeyCountExact
        bytes = facts.byteCount
        createdSeconds = facts.createdUnixSeconds
        servingSinceSeconds = facts.servingSinceUnixSeconds
        verified = facts.verification.rawValue
        pinned = facts.isPinned
        staged = facts.stagedVersionID
        retired = facts.retired.map { Retired(version: $0.versionID, clients: $0.userCount) }
        swaps = facts.swapCount
        lastSwap = facts.lastSwapMilliseconds.map { milliseconds in
            Swap(
                unixSeconds: facts.lastSwapUnixSeconds, milliseconds: milliseconds,
                phases: facts.lastSwapPhases.map(Phase.init))
        }
        lastRefusal = facts.lastRefusal.map {
            Refusal(version: $0.versionID, reason: $0.reason, unixSeconds: $0.unixSeconds)
        }
        residency = facts.residency.map {
            Residency(
                mode: $0.mode.rawValue, wantedBytes: $0.wantedByteCount, residentBytes: $0.residentByteCount,
                indexBytes: $0.indexByteCount, locked: $0.isLocked, complete: $0.isComplete)
        }
    }
}

extension DatasetReport.Phase {
    init(_ phase: DatasetFacts.Phase) { self.init(name: phase.name, milliseconds: phase.milliseconds) }
}
