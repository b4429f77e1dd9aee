internal import Commands
internal import HTTP
internal import Storage

/// What `/datasets` tells, as JSON: of every dataset what `DATASET STATUS` and `INFO dataset` tell.
///
/// Names never change their meaning; what is not known is left out, and new ones may come.
struct DatasetsDocument: Encodable, Equatable {
    var datasets: [Dataset]

    struct Dataset: Encodable, Equatable {
        /// The number that `SELECT` takes.
        var database: Int
        var name: String
        var version: String
        /// `serving` or `swapping`.
        var state: String
        var format: String
        var keys: Int
        var keysExact: Bool
        var bytes: Int?
        /// When the version was built, in seconds since 1970.
        var createdSeconds: Int?
        /// How long ago that was.
        var ageSeconds: Int?
        /// `none`, `sizes`, `sealed`, `full` or `damaged`.
        var verified: String
        var pinned: Bool
        /// The version that is being made ready.
        var staged: String?
        /// Of versions, since the server began.
        var swaps: Int
        var lastSwap: Swap?
        var lastRefusal: Refusal?
        var residency: Residency?
    }

    struct Swap: Encodable, Equatable {
        var unixSeconds: Int?
        var milliseconds: Int
        var phases: [Phase]

        struct Phase: Encodable, Equatable {
            var name: String
            var milliseconds: Int
        }
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

    /// `now` is in seconds since 1970.
    init(_ facts: [DatasetFacts], now: Int) {
        datasets = facts.enumerated().map { Dataset($1, database: $0, now: now) }
    }

    var json: [UInt8] { JSONText.of(self, isPretty: true) + [UInt8(ascii: "\n")] }

    /// Both are asked anew for each request; `now` in seconds since 1970.
    static func endpoint(
        _ facts: @escaping @Sendable () -> [DatasetFacts], now: @escaping @Sendable () -> Int
    ) -> Endpoint {
        Endpoint("/datasets", "what is served, as JSON") { _ in
            HTTPResponse(contentType: "application/json", body: DatasetsDocument(facts(), now: now()).json)
        }
    }
}

extension DatasetsDocument.Dataset {
    init(_ facts: DatasetFacts, database: Int, now: Int) {
        self.database = database
        name = facts.name
        version = facts.versionID
        state = facts.state.rawValue
        format = facts.format
        keys = facts.keyCount
        keysExact = facts.isKeyCountExact
        bytes = facts.byteCount
        createdSeconds = facts.createdUnixSeconds
        ageSeconds = facts.createdUnixSeconds.map { max(now - $0, 0) }
        verified = facts.verification.rawValue
        pinned = facts.isPinned
        staged = facts.stagedVersionID
        swaps = facts.swapCount
        lastSwap = facts.lastSwapMilliseconds.map { milliseconds in
            DatasetsDocument.Swap(
                unixSeconds: facts.lastSwapUnixSeconds, milliseconds: milliseconds,
                phases: facts.lastSwapPhases.map { .init(name: $0.name, milliseconds: $0.milliseconds) })
        }
        lastRefusal = facts.lastRefusal.map {
            .init(version: $0.versionID, reason: $0.reason, unixSeconds: $0.unixSeconds)
        }
        residency = facts.residency.map {
            .init(
                mode: $0.mode.rawValue, wantedBytes: $0.wantedByteCount, residentBytes: $0.residentByteCount,
                indexBytes: $0.indexByteCount, locked: $0.isLocked, complete: $0.isComplete)
        }
    }
}
