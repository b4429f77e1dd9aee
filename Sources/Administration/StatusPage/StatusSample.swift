internal import Commands
internal import ServerMetrics

/// What a server did between two looks at its counters, per second.
struct StatusSample: Sendable, Equatable {
    /// When the later look was, since 1970.
    var unixMilliseconds: Int
    var commands = 0.0
    var errors = 0.0
    var hits = 0.0
    var misses = 0.0
    /// Look-ups that had to read the disk.
    var coldLookups = 0.0
    var bytesReceived = 0.0
    var bytesSent = 0.0
    /// Open at the later look.
    var connections = 0
    /// Times of commands that ended between the looks, in nanoseconds; 0 where there were none.
    var median = 0
    var percentile99 = 0
    var percentile999 = 0

    /// - Parameters:
    ///   - earlier: What the later facts are held against; counters that were reset since have begun at 0.
    ///   - later: Of the moment that the sample is of.
    ///   - seconds: Between the two, above 0.
    init(_ earlier: ServerFacts, _ later: ServerFacts, seconds: Double) {
        func rate(_ counter: KeyPath<ServerFacts, Int>) -> Double {
            let (before, after) = (earlier[keyPath: counter], later[keyPath: counter])
            return Double(after < before ? after : after - before) / seconds
        }
        unixMilliseconds = later.unixMicroseconds / 1_000
        commands = rate(\.commandsProcessed)
        errors = rate(\.errorReplies)
        hits = rate(\.keyspaceHits)
        misses = rate(\.keyspaceMisses)
        coldLookups = rate(\.coldLookups)
        bytesReceived = rate(\.bytesReceived)
        bytesSent = rate(\.bytesSent)
        connections = later.connectedClients
        let (before, after) = (Self.times(of: earlier), Self.times(of: later))
        let times = after.total < before.total ? after : after.subtracting(before)
        median = times.percentile(0.5)
        percentile99 = times.percentile(0.99)
        percentile999 = times.percentile(0.999)
    }

    private static func times(of facts: ServerFacts) -> LatencyHistogram {
        facts.commandStatistics.reduce(into: LatencyHistogram()) { $0 += $1.times }
    }
}
