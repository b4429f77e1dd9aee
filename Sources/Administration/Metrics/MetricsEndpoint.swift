internal import Exposition
internal import HTTP

/// `/metrics`, for Prometheus and whatever else scrapes.
enum MetricsEndpoint {
    /// Answers with what `sources` tell at each scrape, asked on the admin server's own threads.
    static func endpoints(_ sources: MetricSources) -> [Endpoint] { endpoints { sources.families() } }

    /// The same of whatever gives families.
    static func endpoints(_ families: @escaping @Sendable () -> [MetricFamily]) -> [Endpoint] {
        [
            Endpoint("/metrics", "counters and gauges, for Prometheus, or as OpenMetrics") {
                request in
                let format = ExpositionFormat(accept: request.header("accept"))
                let body = ExpositionWriter.text(of: families(), as: format)
                return HTTPResponse(contentType: format.contentType, body: body)
            }
        ]
    }
}
