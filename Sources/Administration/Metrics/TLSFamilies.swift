internal import Exposition
internal import Server

extension TLSFacts {
    /// What there is to watch of encrypted connections, as metrics.
    var families: [MetricFamily] {
        [
            .gauge(
                "almanac_tls_certificate_expiry_timestamp_seconds",
                "When the server's certificate ends to be valid, in seconds since 1970.", certificateExpiry),
            .counter(
                "almanac_tls_handshakes_total", "Clients that began to shake hands, by whether they did.",
                by: "outcome",
                [("done", handshakes), ("failed", failedHandshakes)]),
        ]
    }
}
