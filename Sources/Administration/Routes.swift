internal import HTTP
private import Synchronization

/// Which endpoint answers which path; endpoints may come while requests do.
final class Routes: Sendable {
    private let state: Mutex<State>

    private struct State {
        var endpoints: [String: Endpoint]
        /// Whether all have come.
        var isComplete = false
        /// Who may see what tells data; until it is known, nobody.
        var keeper: DataGuard?
    }

    /// - Parameter endpoints: Those that answer from the start.
    init(_ endpoints: [Endpoint]) {
        state = Mutex(State(endpoints: Self.byPath(endpoints)))
    }

    /// Adds the rest, of which `keeper` guards those that tell data.
    func add(_ endpoints: [Endpoint], keeper: DataGuard? = nil) {
        state.withLock { state in
            state.keeper = keeper
            state.endpoints.merge(Self.byPath(endpoints)) { _, new in new }
            state.isComplete = true
        }
    }

    func answer(_ request: HTTPRequest) -> HTTPResponse {
        let (endpoint, isComplete, keeper) = state.withLock {
            ($0.endpoints[request.path], $0.isComplete, $0.keeper)
        }
        if let endpoint {
            guard endpoint.audience != .everybody else { return endpoint.answer(request) }
            guard let keeper else { return HTTPResponse(status: 403, text: "nobody may see this\n") }
            switch keeper.admission(of: request, to: endpoint.audience) {
            case .admitted(let visitor): return endpoint.answer(request, to: visitor)
            case .refused(let refusal): return refusal
            }
        }
        if request.path == "/endpoints" { return HTTPResponse(text: list) }
        guard isComplete else {
            return HTTPResponse(status: 503, text: "the server is starting; /readyz tells what it waits for\n")
        }
        return HTTPResponse(status: 404, text: "there is no such page here, but these:\n\n\(list)")
    }

    /// A line for each endpoint.
    private var list: String {
        let endpoints = state.withLock { $0.endpoints.values.sorted { $0.path < $1.path } }
        let width = endpoints.map(\.path.count).max() ?? 0
        return endpoints.map { endpoint in
            endpoint.path + String(repeating: " ", count: width - endpoint.path.count + 2) + endpoint.meaning + "\n"
        }.joined()
    }

    private static func byPath(_ endpoints: [Endpoint]) -> [String: Endpoint] {
        var byPath: [String: Endpoint] = [:]
        for endpoint in endpoints {
            precondition(byPath[endpoint.path] == nil, "two endpoints answer \(endpoint.path)")
            byPath[endpoint.path] = endpoint
        }
        return byPath
    }
}
