internal import Commands
public import HTTP
public import Logging
public import Platform
public import Settings
private import Synchronization
public import TLS

/// The admin server: HTTP for probes, for Prometheus and for operators, beside the Redis port.
///
/// It answers from before the datasets are opened until after the last client has gone.
public final class AdminServer: Sendable {
    private let server: HTTPServer
    private let routes: Routes
    private let certificates: Certificates
    /// Once there is a server.
    private let statusPage = Mutex<StatusPage?>(nil)

    /// What new connections are encrypted with, if they are.
    private final class Certificates: Sendable {
        let slot: Mutex<TLSContextSlot>
        init(_ context: TLSContext?) { slot = Mutex(TLSContextSlot(context)) }
    }

    /// Takes the addresses, and answers what `health` knows; `nil` where the settings want no admin server.
    ///
    /// - Parameters:
    ///   - settings: Where it listens.
    ///   - sockets: To listen on instead, if there are any.
    ///   - context: To encrypt with until ``encrypt(with:)``; `nil`: the port speaks in the clear.
    ///   - health: What probes are told.
    ///   - logger: The server's own.
    /// - Throws: ``HTTPListenError``, naming the address that could not be had.
    public convenience init?(
        settings: AdminSettings, inheriting sockets: [InheritedSocket] = [], context: TLSContext? = nil,
        health: Health, logger: Logger
    ) throws(HTTPListenError) {
        guard settings.port != 0 || !sockets.isEmpty else { return nil }
        try self.init(
            bindAddresses: settings.bindAddresses, port: settings.port, inheriting: sockets, context: context,
            endpoints: health.endpoints + [Self.version], logger: logger)
    }

    /// The same with endpoints of the caller's own.
    init(
        bindAddresses: [String], port: UInt16, inheriting sockets: [InheritedSocket] = [], context: TLSContext?,
        endpoints: [Endpoint], logger: Logger
    ) throws(HTTPListenError) {
        let routes = Routes(endpoints)
        let certificates = Certificates(context)
        self.routes = routes
        self.certificates = certificates
        let decrypt: HTTPServer.Decryption = { accepted, place in
            guard let context = certificates.slot.withLock({ $0 }).current else { return nil }
            return EncryptedRelay.start(accepted, context, place)
        }
        server = try HTTPServer(
            hosts: bindAddresses.flatMap(ListenHost.all).map { ($0.address, $0.mayBeMissing) }, port: port,
            inheriting: sockets, decrypt: context == nil ? nil : decrypt
        ) { routes.answer($0) }
        try server.start()
        let how = context == nil ? "" : " with TLS"
        for address in server.addresses {
            logger.info(
                "admin server listening\(how)", metadata: ["address": "\(address)"])
        }
    }

    /// Encrypts connections that come from now on with what `slot` holds when they do.
    public func encrypt(with slot: TLSContextSlot) { certificates.slot.withLock { $0 = slot } }

    /// Says that there are no endpoints but those given at the start.
    func complete() { routes.add([]) }

    /// Answers all that there is, now that there is a server.
    public func observe(_ observed: ObservedServer) {
        let page = StatusPage(StatusPage.Sources(observed), datasets: observed.settings.datasets)
        routes.add(Self.endpoints(observed) + page.endpoints, keeper: DataGuard(observed.observer))
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

    static let version = Endpoint("/version", "what this program is, as JSON") { _ in
        HTTPResponse(
            contentType: "application/json", text: "{\"name\": \"almanac\", \"version\": \"\(BuildVersion.number)\"}\n")
    }
}
