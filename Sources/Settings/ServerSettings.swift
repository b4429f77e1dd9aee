/// Every setting of `almanac serve`, already checked.
///
/// Nothing below this type reads a flag, the environment or a file. Each field is a row of ``Setting/all``, which
/// holds its key, bounds and meaning.
public struct ServerSettings: Sendable, Equatable {
    /// What to serve, the n-th as Redis database n.
    ///
    /// Empty only where the settings do not come from ``SettingsInput/resolve(host:)``.
    public var datasets: [DatasetPath] = []

    /// IP addresses to listen on; none: no TCP.
    ///
    /// `*` stands for every IPv4 and IPv6 address. After a leading `-`, failing to bind that address is no reason
    /// to refuse the start.
    public var bindAddresses: [String] = ["127.0.0.1", "::1"]
    /// TCP port; 0 lets the kernel choose.
    public var port: UInt16 = 6379
    /// A Unix socket to listen on as well.
    public var unixSocketPath: String?
    /// Permission bits of the Unix socket.
    public var unixSocketMode: UInt32 = 0o700
    /// Connections that the kernel keeps waiting to be accepted, for each listener.
    public var listenBacklog = 511
    /// An idle connection is probed after this long, in whole seconds; `.zero` never.
    public var tcpKeepalive = Duration.seconds(300)
    /// A client that sends nothing for this long is closed; `.zero` never.
    public var idleTimeout = Duration.zero

    /// Threads with an epoll and connections of their own; 1 to 256.
    public var loopCount: Int
    /// Threads that may wait for the disk; 1 to 1,024.
    public var readerCount = 16
    /// Look-ups that may wait for a reader before loops stop taking requests that need one.
    public var readQueueMax = 4096
    /// Threads with which one dataset's files are opened.
    public var openThreads = 4
    /// The engine's cache of blocks, shared by all datasets.
    public var cacheBytes: Int
    /// The loops' caches of rows in front of it, all loops and datasets together; 0: none.
    public var rowCacheBytes: Int

    /// Connections at once; one more gets an error and is closed.
    public var clientsMax = 10_000
    /// Requests read from one connection and not answered yet; beyond it the connection is closed.
    public var queryBufferBytesMax = 256 << 20
    /// Replies of one connection not yet taken by the client; beyond it the connection is closed.
    public var outputBufferBytesMax = 256 << 20
    /// One argument of a request.
    public var argumentBytesMax = 512 << 20
    /// Arguments of one request, its name among them.
    public var argumentCountMax = 1_048_576
    /// One request written as a plain line.
    public var inlineBytesMax = 64 << 10

    /// How long a stop waits for replies to be taken before it cuts connections.
    public var drainTimeout = Duration.seconds(10)
    /// How a line of the log is written.
    public var logFormat = LogFormat.text
    /// The least severe level that is logged: `trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`.
    public var logLevel = "info"
    /// Where the log is appended; `nil`: standard error.
    public var logFile: String?
    /// Where the process id is written for as long as the server runs.
    public var pidFile: String?

    /// Every default, those that depend on the machine taken from `host`.
    public init(host: HostResources = .current) {
        loopCount = min(max(host.coreCount, 1), 256)
        cacheBytes = max(host.memoryBytes / 4, 8 << 20)
        rowCacheBytes = max(host.memoryBytes / 8, 0)
    }
}

/// One dataset to serve.
public struct DatasetPath: Sendable, Equatable {
    /// Letters, digits, `_`, `.` and `-`; 1 to 64 of them, unique among the datasets.
    public var name: String
    public var path: String
    /// The column family of a RocksDB directory to serve; `nil`: the default one.
    public var columnFamily: String?

    public init(name: String, path: String, columnFamily: String? = nil) {
        self.name = name
        self.path = path
        self.columnFamily = columnFamily
    }
}

/// How a line of the log is written.
public enum LogFormat: String, Sendable, CaseIterable {
    /// For people: time, level, label, message, `key=value`.
    case text
    /// For collectors: one JSON object a line.
    case json
}
