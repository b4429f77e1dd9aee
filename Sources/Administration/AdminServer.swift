internal import Commands
public import HTTP
public import Logging
internal import Platform
public import Settings
private import Synchronization

/// The admin server: HTTP for probes, for Prometheus and for operators, beside the Redis port.
///
/// It answers from before the datasets are opened until after the last client has gone.
public final class AdminServer: Sendable {
    private let server: HTTPServer
    private let routes: Routes
    /// Once there is a server.
    private let statusPage = Mutex<StatusPage?>(nil)

    /// Takes the addresses, and answers what `health` knows.
    ///
    /// - Returns: `nil` where the settings want no admin server.
    /// - Throws: ``HTTPListenError``, naming the address that could not be had.
    public init?(settings: AdminSettings, health: Health, logger: Logger) throws(HTTPListenError) {
        guard settings.port != 0 else { return nil }
        let routes = Routes(health.endpoints + [Self.version])
        self.routes = routes
        let hosts = settings.bindAddresses.flatMap(Self.hosts)
        server = try HTTPServer(hosts: hosts, port: settings.port) { routes.answer($0) }
        try server.start()
        for address in server.addresses { logger.info("admin server listening", metadata: ["address": "\(address)"]) }
    }

    /// Answers all that there is, now that there is a server.
    public func observe(_ observed: ObservedServer) {
        let page = StatusPage(StatusPage.Sources(observed), datasets: observed.settings.datasets)
        routes.add(Self.endpoints(observed) + page.endpoints)
        // Without a thread the page has no past to show, and all else goes on.
        try? page.start()
        statusPage.withLock { $0 = page }
    }

    /// All that needs a running server; each part brings its own.
    static func endpoints(_ observed: ObservedServer) -> [Endpoint] {
        [
            DatasetsDocument.endpoint({ observed.control.facts() }, now: { Clock.wallMicroseconds() / 1_000_000 })
        ] + MetricsEndpoint.endpoints(observed.metrics) + DebugEndpoints.endpoints(observed)
    }

    /// Ends all connections.
    ///
    /// - Returns: Whether every thread has ended; one that makes an answer is waited for, though not for long.
    @discardableResult
    public func stop() -> Bool {
        statusPage.withLock { $0.take() }?.stop()
        return server.stop()
    }

    private static let version = Endpoint("/version", "what this program is, as JSON") { _ in
        HTTPResponse(
            contentType: "application/json", text: "{\"name\": \"almanac\", \"version\": \"\(BuildVersion.number)\"}\n")
    }

    /// What an address of the settings stands for; a machine without IPv6 must fail neither for `*` nor for `::1`.
    private static func hosts(_ address: String) -> [(address: String, mayBeMissing: Bool)] {
        if address == "*" || address == "-*" { return [("0.0.0.0", false), ("::", true)] }
        guard address.hasPrefix("-") else { return [(address, address == "::1")] }
        return [(String(address.dropFirst()), true)]
    }
}
