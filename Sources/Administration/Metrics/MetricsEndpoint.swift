internal import Exposition
internal import HTTP

/// `/metrics`, for Prometheus and whatever else scrapes.
enum MetricsEndpoint {
    /// Answers with what `sources` tell at each scrape, asked on the admin server's own threads.
    static func endpoints(_ sources: MetricSources) -> [Endpoint] {
        [
            Endpoint("/metrics", "counters and gauges, for Prometheus, or as OpenMetrics") {
                request in
                let format = ExpositionFormat(accept: request.header("accept"))
                let body = ExpositionWriter.text(of: sources.families(), as: format)
                return HTTPResponse(contentType: format.contentType, body: body)
            }
        ]
    }
}
