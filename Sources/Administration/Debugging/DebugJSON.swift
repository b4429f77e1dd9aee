internal import Commands
internal import FoundationEssentials
internal import HTTP

/// `/debug/slow` as JSON.
struct SlowRequests: Encodable {
    struct Request: Encodable {
        struct Phase: Encodable {
            let name: String
            let microseconds: Int
        }

        let id: Int
        let unixSeconds: Int
        let microseconds: Int
        /// As text; bytes that are none are replaced.
        let arguments: [String]
        let client: String
        let name: String
        /// What it was answered from; `null` where several versions were, or none.
        let version: String?
        /// As far as they are known, in the order of their time.
        let phases: [Phase]
    }

    let requests: [Request]

    init(_ entries: [SlowLog.Entry]) {
        requests = entries.map { entry in
            Request(
                id: entry.id, unixSeconds: entry.unixSeconds, microseconds: entry.microseconds,
                arguments: entry.arguments.map { String(decoding: $0, as: UTF8.self) }, client: entry.address,
                name: entry.name, version: entry.versionID,
                phases: entry.phases.map { Request.Phase(name: $0.name.rawValue, microseconds: $0.microseconds) })
        }
    }
}

/// `/hotkeys` as JSON.
struct HotKeysOfDatasets: Encodable {
    struct Dataset: Encodable {
        struct Key: Encodable {
            /// As text; bytes that are none are replaced.
            let key: String
            let share: Double
            let perSecond: Double
        }

        let name: String
        let keys: [Key]
    }

    let datasets: [Dataset]

    init(datasets: [(name: String, keys: [HotKey])]) {
        self.datasets = datasets.map { name, keys in
            Dataset(
                name: name,
                keys: keys.map {
                    Dataset.Key(
                        key: String(decoding: $0.key, as: UTF8.self), share: $0.share, perSecond: $0.perSecond)
                })
        }
    }
}

extension DebugEndpoints {
    static func json(_ value: some Encodable) -> HTTPResponse {
        let body = JSONText.of(value, keys: .useDefaultKeys) + [UInt8(ascii: "\n")]
        return HTTPResponse(contentType: "application/json", body: body)
    }
}
