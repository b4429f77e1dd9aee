internal import HTTP

extension Health {
    /// What probes ask: 200 where all is well, else 503; `?verbose` lists what was looked at.
    var endpoints: [Endpoint] {
        [
            Endpoint("/livez", "whether the process works; start it again if not") { [self] request in
                Self.response(request, livenessChecks())
            },
            Endpoint("/readyz", "whether every dataset serves a good version, and more clients are welcome") {
                [self] request in Self.response(request, readinessChecks())
            },
            Endpoint("/warmz", "whether what is served has been loaded into memory") { [self] request in
                Self.response(request, warmthChecks())
            },
        ]
    }

    static func response(_ request: HTTPRequest, _ checks: [HealthCheck]) -> HTTPResponse {
        let problems = checks.filter { $0.problem != nil }
        let isVerbose = request.parameter("verbose") != nil
        var lines = (isVerbose ? checks : problems).map { check in
            check.problem.map { "[-]\(check.name) \(oneLine($0))" } ?? "[+]\(check.name) ok"
        }
        if problems.isEmpty { lines.append(isVerbose ? "all is well" : "ok") }
        return HTTPResponse(
            status: problems.isEmpty ? 200 : 503, text: lines.map { $0 + "\n" }.joined())
    }

    private static func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }
}
