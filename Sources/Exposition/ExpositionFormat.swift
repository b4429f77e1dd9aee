/// A text form in which a scraper takes metrics.
public enum ExpositionFormat: Sendable, Equatable {
    /// Prometheus's own, version 0.0.4, which everything that scrapes can read.
    case prometheus
    /// OpenMetrics 1.0.
    case openMetrics

    /// The one that a scraper likes best, by its `Accept` header; Prometheus's where it does not say.
    public init(accept: String?) {
        var best = Self.prometheus
        var bestQuality = 0.0
        for range in (accept ?? "").split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.trimmed.lowercased() }
            guard let type = parts.first else { continue }
            let parameters = parts.dropFirst()
            let format: Self
            switch type {
            case "application/openmetrics-text":
                // A later version may mean something else by the same words.
                let version = parameters.first { $0.hasPrefix("version=") }?.dropFirst("version=".count)
                guard version ?? "1.0.0" == "1.0.0" || version == "0.0.1" else { continue }
                format = .openMetrics
            case "text/plain", "text/*", "*/*": format = .prometheus
            default: continue
            }
            let quality = parameters.first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            if quality > bestQuality { (best, bestQuality) = (format, quality) }
        }
        self = best
    }

    public var contentType: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
