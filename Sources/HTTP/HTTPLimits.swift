/// What clients of an ``HTTPServer`` may have of it; past each limit there is an error, or the connection ends.
public struct HTTPLimits: Sendable {
    /// Connections at once; each has a thread.
    public var connectionsMax = 64
    /// Of these, from one address.
    public var connectionsPerAddressMax = 16
    /// How long a connection may neither send nor take anything; at least a second, and whole seconds.
    public var idleTimeout = Duration.seconds(10)
    /// How long a request may take to arrive, however steadily it trickles in, and how long a connection may wait for
    /// its next one.
    public var requestTimeout = Duration.seconds(20)
    /// How long a client may take for a whole response.
    public var responseTimeout = Duration.seconds(60)
    /// For the request line and the headers of a request together.
    public var headBytesMax = 16 << 10

    public init() {}
}
