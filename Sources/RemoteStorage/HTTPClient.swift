internal import Bytes

/// Small exchanges with a server, one at a time and tried again where that may help.
struct HTTPClient {
    static let retriesMax = 4

    let connections: HTTPConnections
    let cancellation: Cancellation

    /// Makes one exchange, whatever its status will be.
    func exchange(
        _ request: HTTPRequest, bodyBytesMax: Int = 1 << 20, onBytes: ((Span<UInt8>) -> Void)? = nil
    ) throws(SourceError) -> (exchange: HTTPExchange, outcome: HTTPConnections.Outcome) {
        let exchange = HTTPExchange(request)
        exchange.bodyBytesMax = bodyBytesMax
        if let onBytes {
            exchange.onBytes = { _, bytes in
                onBytes(bytes)
                return .taken
            }
        }
        connections.start(exchange)
        defer { connections.cancel(exchange) }
        while true {
            try cancellation.check()
            if let ended = connections.turn(milliseconds: 100).first(where: { $0.exchange === exchange }) {
                return ended
            }
        }
    }

    /// Makes requests of `make` until one is answered for good.
    ///
    /// - Returns: The exchange, whose status is 2xx, 304, or one of `accepting`.
    func exchange(
        for object: String, at server: any ObjectServer, bodyBytesMax: Int = 1 << 20, accepting: Set<Int> = [],
        _ make: () throws(SourceError) -> HTTPRequest, onBytes: ((Span<UInt8>) -> Void)? = nil
    ) throws(SourceError) -> HTTPExchange {
        var schedule = RetrySchedule(retriesMax: Self.retriesMax)
        while true {
            let (exchange, outcome) = try exchange(try make(), bodyBytesMax: bodyBytesMax, onBytes: onBytes)
            if case .answered = outcome, accepting.contains(exchange.head.status) { return exchange }
            switch HTTPVerdict(exchange, outcome, object, server) {
            case .success: return exchange
            case .absent(let error), .fatal(let error): throw error
            case .retry(let error, let wishSeconds):
                guard let pause = schedule.nextMilliseconds(wishSeconds: wishSeconds) else { throw error }
                try Pause.milliseconds(pause, cancellation)
            }
        }
    }
}

extension HTTPExchange {
    /// The body as text, for errors and small documents.
    var bodyText: String { String(decoding: bodyBytes, as: UTF8.self) }

    var bodyBytes: [UInt8] {
        // Safety: the array is a copy of the bytes lent.
        unsafe body.withUnsafeBytes { unsafe [UInt8]($0) }
    }
}
