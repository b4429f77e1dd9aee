internal import Commands
internal import HTTP

/// What `/datasets` tells, as JSON: of every dataset what `DATASET STATUS` and `INFO dataset` tell, and more.
struct DatasetsDocument: Encodable, Equatable {
    var datasets: [DatasetReport]

    /// `now` is in seconds since 1970.
    init(_ facts: [DatasetFacts], now: Int) {
        datasets = facts.enumerated().map { database, facts in
            var report = DatasetReport(facts, database: database)
            report.ageSeconds = facts.createdUnixSeconds.map { max(now - $0, 0) }
            return report
        }
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
