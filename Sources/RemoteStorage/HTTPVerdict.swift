/// What an exchange that has ended means for the one who began it.
enum HTTPVerdict {
    /// A status below 300, or 304.
    case success
    /// 404 and 410.
    case absent(SourceError)
    /// It may be another one next time.
    case retry(SourceError, wishSeconds: Int?)
    case fatal(SourceError)

    init(_ exchange: HTTPExchange, _ outcome: HTTPConnections.Outcome, _ object: String, _ server: any ObjectServer) {
        let address = server.address(of: object)
        switch outcome {
        case .refusedHere:
            if let failure = exchange.bodyFailure, case .file(let path, _) = exchange.request.body {
                self = .fatal(.local("read", path, failure))
            } else {
                self = .fatal(
                    SourceError(.corrupt, "\(address) is longer than the \(exchange.bodyBytesMax) bytes allowed"))
            }
        case .failed(let reason, let isPermanent):
            let error = SourceError(.unreachable, "\(address): \(reason)")
            self = isPermanent ? .fatal(error) : .retry(error, wishSeconds: nil)
        case .answered:
            self = Self.judge(exchange, address, server)
        }
    }

    private static func judge(_ exchange: HTTPExchange, _ address: String, _ server: any ObjectServer) -> HTTPVerdict {
        let status = exchange.head.status
        if (200..<300).contains(status) || status == 304 { return .success }
        let body = exchange.bodyText
        let (kind, text) = server.explain(exchange.head, body: body)
        func error(_ usual: SourceError.Kind) -> SourceError {
            SourceError(kind ?? usual, "\(address): the server answers \(status)\(text.isEmpty ? "" : ", \(text)")")
        }
        if server.renewsCredentials(after: exchange) { return .retry(error(.unauthorised), wishSeconds: nil) }
        switch status {
        case 404, 410: return kind == nil ? .absent(error(.absent)) : .fatal(error(.absent))
        case 401, 403, 407: return .fatal(error(.unauthorised))
        case 416: return .fatal(error(.corrupt))
        case 501, 505: return .fatal(error(.unsupported))
        case 408, 425, 429, 500...: return .retry(error(.unreachable), wishSeconds: exchange.head.retryAfterSeconds)
        default: return .fatal(error(.misconfigured))
        }
    }
}
