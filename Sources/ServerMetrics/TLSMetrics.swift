/// What one loop has counted of encrypted connections.
public struct TLSMetrics: ~Copyable, Sendable {
    public let handshakes = LoopMetrics.Counter()
    /// Those that a client did not go through with, in time or at all.
    public let failedHandshakes = LoopMetrics.Counter()
}
