public import Exposition
public import HTTP
public import Logging
internal import Platform

extension AdminServer {
    /// For `almanac sync`: probes, metrics and the version of the program.
    ///
    /// The sidecar is alive while it answers, whatever becomes of its source: it tries again by itself.
    ///
    /// - Parameters:
    ///   - bindAddresses: As in the settings of a server.
    ///   - port: Not 0.
    ///   - sidecar: What `/readyz` asks.
    ///   - families: What `/metrics` tells, asked at each scrape.
    ///   - logger: Of the program.
    /// - Throws: ``HTTPListenError``, naming the address that could not be had.
    public convenience init(
        bindAddresses: [String], port: UInt16, sidecar: SidecarHealth,
        families: @escaping @Sendable () -> [MetricFamily], logger: Logger
    ) throws(HTTPListenError) {
        let health = [
            Endpoint("/livez", "whether the process works; start it again if not") {
                Health.response($0, [HealthCheck("process")])
            },
            Endpoint("/readyz", "whether there is a version to serve") {
                Health.response($0, [HealthCheck("version", sidecar.problem())])
            },
        ]
        let metrics = MetricsEndpoint.endpoints { families() + ProcessFamilies.now() }
        try self.init(
            bindAddresses: bindAddresses, port: port, context: nil, endpoints: health + metrics + [Self.version],
            logger: logger)
        complete()
    }
}

/// Whether a sidecar has done its part.
public struct SidecarHealth: Sendable {
    /// Why there is no version to serve, in one line; `nil` where there is one.
    public var problem: @Sendable () -> String?

    public init(problem: @escaping @Sendable () -> String?) { self.problem = problem }
}
