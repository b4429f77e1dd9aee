/// Encrypted connections.
public struct TLSSettings: Sendable, Equatable {
    /// TCP port that speaks the Redis protocol over TLS; 0: there is none.
    public var port: UInt16 = 0

    init() {}
}
