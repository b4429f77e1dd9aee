internal import Exposition
internal import HTTP

/// `/metrics`, for Prometheus and whatever else scrapes.
enum MetricsEndpoint {
    /// - Parameter sources: What there is to tell; asked at each scrape, on the admin server's own threads.
    static func endpoints(_ sources: MetricSources) -> [Endpoint] { endpoints { sources.families() } }

    static func endpoints(_ families: @escaping @Sendable () -> [MetricFamily]) -> [Endpoint] {
        [
            Endpoint("/metrics", "counters and gauges, for Prometheus (text 0.0.4, or OpenMetrics 1.0 where asked for)") {
                request in
                let format = ExpositionFormat(accept: request.header("accept"))
                let body = ExpositionWriter.text(of: families(), as: format)
                return HTTPResponse(contentType: format.contentType, body: body)
            }
        ]
    }
}
