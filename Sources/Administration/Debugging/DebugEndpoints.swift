internal import Commands
internal import HTTP
internal import Platform
internal import Server
internal import Settings
internal import Tracing

/// What the admin server tells those who look into a running server.
enum DebugEndpoints {
    static func endpoints(_ observed: ObservedServer) -> [Endpoint] {
        let observer = observed.observer
        let datasets = observed.settings.datasets.map(\.name)
        return [
            Endpoint(
                "/debug/trace",
                "What every thread does for ?seconds=5, with one request in &sample=1000, for Perfetto or chrome://tracing.",
                tellsData: true
            ) { trace(of: observer, $0) },
            Endpoint(
                "/debug/slow", "The requests of SLOWLOG, with the time that each of their phases took.", tellsData: true
            ) { _ in json(SlowRequests(observer.slowRequests)) },
            Endpoint(
                "/hotkeys", "The keys that are asked for most, of each dataset or of ?dataset=NAME, &count=10.",
                tellsData: true
            ) { hotKeys(of: observer, datasets, $0) },
        ]
    }

    private static func trace(of observer: ServerObserver, _ request: HTTPRequest) -> HTTPResponse {
        guard let seconds = number("seconds", of: request, in: 1...60, usually: 5) else {
            return refusal(400, "seconds must be a whole number from 1 to 60")
        }
        guard let interval = number("sample", of: request, in: 0...1_000_000_000, usually: 1_000) else {
            return refusal(400, "sample must be a whole number from 0 to 1000000000; 0 shows no requests")
        }
        let nanoseconds = UInt64(seconds) * 1_000_000_000
        guard let trace = observer.trace(nanoseconds: nanoseconds, sampleInterval: interval) else {
            return refusal(409, "another trace is being taken")
        }
        return HTTPResponse(
            contentType: "application/json",
            headers: [("Content-Disposition", "attachment; filename=\"almanac-trace.json\"")],
            body: ChromeTrace.bytes(trace, version: BuildVersion.number, commandName: observer.commandName))
    }

    private static func hotKeys(
        of observer: ServerObserver, _ datasets: [String], _ request: HTTPRequest
    ) -> HTTPResponse {
        guard let count = number("count", of: request, in: 1...1_000, usually: 10) else {
            return refusal(400, "count must be a whole number from 1 to 1000")
        }
        let wanted = request.parameter("dataset")
        let chosen = datasets.enumerated().filter { wanted == nil || $0.element == wanted }
        guard !chosen.isEmpty else { return refusal(404, "no dataset of this name") }
        return json(
            HotKeysOfDatasets(
                datasets: chosen.map { database, name in
                    (name, observer.hotKeys(database: database, count: count))
                }))
    }

    /// A parameter of the query; `nil` where it is no such number.
    private static func number(
        _ name: String, of request: HTTPRequest, in range: ClosedRange<Int>, usually: Int
    ) -> Int? {
        guard let text = request.parameter(name) else { return usually }
        guard let number = Int(text), range.contains(number) else { return nil }
        return number
    }

    private static func refusal(_ status: Int, _ reason: String) -> HTTPResponse {
        HTTPResponse(status: status, text: reason + "\n")
    }
}
