internal import Commands
internal import Datasets
internal import FoundationEssentials
internal import Versions

/// What `/status.json` tells; the names, in snake_case, are part of the interface.
///
/// Times are since 1970, ages are left to the reader: so what has not changed reads the same.
struct StatusReport: Encodable {
    var nowMs: Int
    var server: ServerPart
    var datasets: [DatasetPart]
    var history: HistoryPart
    var swaps: [SwapPart]

    struct ServerPart: Encodable {
        var version: String
        var port: Int
        var pid: Int
        var uptimeSeconds: Int
        var loops: Int
        var readers: Int
        var connections: Int
        var connectionsMax: Int
        var hits: Int
        var misses: Int
        var residentBytes: Int
    }

    /// What `/datasets` tells of it, without its age, and the versions on the disk.
    struct DatasetPart: Encodable {
        var report: DatasetReport
        var versions: [VersionPart]
        var versionsLeftOut: Int
        /// Why no versions are told of.
        var problem: String?

        private enum CodingKeys: CodingKey {
            case versions, versionsLeftOut, problem
        }

        func encode(to encoder: any Encoder) throws {
            try report.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(versions, forKey: .versions)
            try container.encode(versionsLeftOut, forKey: .versionsLeftOut)
            try container.encodeIfPresent(problem, forKey: .problem)
        }
    }

    struct VersionPart: Encodable {
        var version: String
        var state: String
        var keys: Int?
        var bytes: Int?
        var createdSeconds: Int?
        var reason: String?
    }

    /// Columns, of which each row is a second.
    struct HistoryPart: Encodable {
        var intervalSeconds = StatusTicker.intervalSeconds
        var secondsMax = StatusTicker.countMax * StatusTicker.intervalSeconds
        var atMs: [Int]
        var commandsPerSecond: [Double]
        var errorsPerSecond: [Double]
        var hitsPerSecond: [Double]
        var missesPerSecond: [Double]
        var coldLookupsPerSecond: [Double]
        var bytesReceivedPerSecond: [Double]
        var bytesSentPerSecond: [Double]
        var connections: [Int]
        var p50Ns: [Int]
        var p99Ns: [Int]
        var p999Ns: [Int]
    }

    /// The end of an attempt to serve a version.
    struct SwapPart: Encodable {
        var dataset: String
        var outcome: String
        var cause: String
        var version: String
        var previous: String
        var atMs: Int
        var milliseconds: Int
        var phases: [DatasetReport.Phase]
        var kind: String?
        var reason: String?
    }

    var json: [UInt8] { JSONText.of(self) }
}

extension StatusReport {
    /// - Parameters:
    ///   - status: As it is now.
    ///   - after: In milliseconds since 1970; what was before is left out of the history, and of the swaps what was a
    ///     minute before: those come to be known a little after they have happened.
    init(_ status: Status, after: Int) {
        nowMs = status.unixMilliseconds
        server = ServerPart(status.facts)
        datasets = status.datasets.map(DatasetPart.init)
        history = HistoryPart(status.samples.filter { $0.unixMilliseconds > after })
        swaps = status.datasets.flatMap { dataset in
            dataset.history.filter { $0.unixMilliseconds > after - 60_000 }.map {
                SwapPart($0, dataset: dataset.facts.name)
            }
        }
    }
}

extension StatusReport.ServerPart {
    init(_ facts: ServerFacts) {
        self.init(
            version: facts.version, port: facts.tcpPort, pid: facts.processID, uptimeSeconds: facts.uptimeSeconds,
            loops: facts.loopCount, readers: facts.readerCount, connections: facts.connectedClients,
            connectionsMax: facts.maxClients, hits: facts.keyspaceHits, misses: facts.keyspaceMisses,
            residentBytes: facts.residentMemoryBytes)
    }
}

extension StatusReport.DatasetPart {
    init(_ dataset: Status.Dataset) {
        self.init(
            report: DatasetReport(dataset.facts, database: dataset.database),
            versions: dataset.listing.entries.map(StatusReport.VersionPart.init),
            versionsLeftOut: dataset.listing.leftOutCount, problem: dataset.listing.problem)
    }
}

extension StatusReport.VersionPart {
    init(_ entry: VersionEntry) {
        self.init(
            version: entry.versionID, state: entry.state, keys: entry.manifest?.keyCount, bytes: entry.byteCount,
            createdSeconds: entry.manifest.map { Int($0.created.unixSeconds) },
            reason: entry.refusal.map { "\($0.kind.rawValue): \($0.reason)" } ?? entry.problem)
    }
}

extension StatusReport.SwapPart {
    init(_ entry: SwapHistory.Entry, dataset: String) {
        self.init(
            dataset: dataset, outcome: entry.outcome.rawValue, cause: entry.cause.rawValue, version: entry.versionID,
            previous: entry.previousID, atMs: entry.unixMilliseconds, milliseconds: entry.milliseconds,
            phases: entry.phases.map(DatasetReport.Phase.init), kind: entry.kind, reason: entry.reason)
    }
}

extension StatusReport.HistoryPart {
    init(_ samples: [StatusSample]) {
        func rounded(_ field: KeyPath<StatusSample, Double>) -> [Double] {
            samples.map { ($0[keyPath: field] * 10).rounded() / 10 }
        }
        self.init(
            atMs: samples.map(\.unixMilliseconds), commandsPerSecond: rounded(\.commands),
            errorsPerSecond: rounded(\.errors), hitsPerSecond: rounded(\.hits), missesPerSecond: rounded(\.misses),
            coldLookupsPerSecond: rounded(\.coldLookups), bytesReceivedPerSecond: rounded(\.bytesReceived),
            bytesSentPerSecond: rounded(\.bytesSent), connections: samples.map(\.connections),
            p50Ns: samples.map(\.median), p99Ns: samples.map(\.percentile99), p999Ns: samples.map(\.percentile999))
    }
}
