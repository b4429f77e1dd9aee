/// Every setting of `almanac serve`, already checked.
///
/// Nothing below this type reads a flag, the environment or a file. Each field is a row of ``Setting/all``, which
/// holds its key, bounds and meaning.
public struct ServerSettings: Sendable, Equatable {
    /// What to serve, the n-th as Redis database n.
    ///
    /// Empty only where the settings do not come from ``SettingsInput/resolve(host:)``.
    public var datasets: [DatasetPath] = []

    /// Which files' digests are compared with the manifest before a version is served.
    public var verify = VerificationPolicy.sealed
    /// A version with fewer keys than this share of the one being served is refused.
    public var keysRatioMin = 0.8
    /// A version with more keys than this many times the one being served is refused; 0: any number is welcome.
    public var keysRatioMax = 0.0
    /// A version with fewer keys is refused.
    public var keysMin = 1
    /// A file of PEM public keys that manifests may be signed with.
    public var trustedKeysPath: String?
    /// Whether a version without a signature of a trusted key is refused.
    public var requiresSignature = false
    /// Keys lately asked for that a new version is warmed with, over all loops; 0: it is not warmed.
    public var warmKeys = 65_536
    /// Keys a second that warming looks up at most.
    public var warmRate = 50_000
    /// How long warming may take.
    public var warmTime = Duration.seconds(10)
    /// How long a replaced version stays open, so that going back to it takes no time.
    public var rollbackWindow = Duration.seconds(600)
    /// How long a connection may go on reading a version that it chose once the server is done with it.
    public var versionUseMax = Duration.seconds(3_600)
    /// Whether the start waits for a version that has yet to come.
    public var waitsForVersion = false
    /// Whether a change of a data directory's `current` is noticed without being told.
    public var watchesCurrent = false

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

    public var tls = TLSSettings()
    public var access = AccessSettings()
    public var admin = AdminSettings()

    /// Threads with an epoll and connections of their own; 1 to 256.
    public var loopCount: Int
    /// Threads that may wait for the disk; 1 to 1,024.
    public var readerCount = 16
    /// Look-ups that may wait for a reader before loops stop taking requests that need one.
    public var readQueueMax = 4096
    /// Threads with which one dataset's files are opened.
    public var openThreads = 4
    /// Where look-ups in packed versions find records.
    public var residency = ResidencyPolicy.auto
    /// Which look-ups in packed versions verify checksums of records.
    public var verifiedReads = VerifiedReads.cold
    /// Memory for the files of packed versions, all datasets together.
    public var residentBytesMax: Int
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
    /// As many for longer than ``outputBufferSoftTime`` close the connection, too; 0: never.
    public var outputBufferSoftBytesMax = 0
    public var outputBufferSoftTime = Duration.seconds(60)
    /// Instead of ``outputBufferBytesMax``, where the client subscribes to messages.
    public var pubsubBufferBytesMax = 32 << 20
    /// As many for longer than ``pubsubBufferSoftTime`` close a subscriber's connection, too; 0: never.
    public var pubsubBufferSoftBytesMax = 8 << 20
    public var pubsubBufferSoftTime = Duration.seconds(60)
    /// Requests and replies that all connections together may hold; beyond it those that hold most are closed; 0: any.
    public var clientsMemoryMax = MemoryShare.percent(20)
    /// One argument of a request.
    public var argumentBytesMax = 512 << 20
    /// Arguments of one request, its name among them.
    public var argumentCountMax = 1_048_576
    /// Keys in the reply of one `KEYS`.
    public var keysReplyMax = 1_000_000
    /// One request written as a plain line.
    public var inlineBytesMax = 64 << 10

    /// Requests that take less are not in the slow log; -1: none is.
    public var slowLogMicroseconds = 10_000
    public var slowLogCountMax = 128
    /// What takes less is no latency event; 0: nothing is.
    public var latencyThresholdMilliseconds = 0
    /// Who may send `DEBUG`.
    public var debugCommand = DebugCommandPolicy.no

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

    /// A user's name or number that a process started by root becomes; `nil`: it stays who it is.
    public var user: String?

    /// Every default, those that depend on the machine taken from `host`.
    public init(host: HostResources = .current) {
        loopCount = min(max(host.coreCount, 1), 256)
        residentBytesMax = host.memoryBytes / 10 * 8
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

/// Which files' digests are compared with the manifest before a version is served.
///
/// Sizes and canaries are always looked at.
public enum VerificationPolicy: String, Sendable, CaseIterable {
    /// All.
    case full
    /// Those of versions that nobody vouches for, as `almanac sync` and `almanac build` do for theirs.
    case sealed
    /// None.
    case off
}

/// Whether packed versions are brought into memory.
public enum ResidencyPolicy: String, Sendable, CaseIterable {
    /// Those that fit.
    case auto
    /// All.
    case memory
    /// Their index only.
    case disk
}

/// Which look-ups in packed versions verify the checksums of the records that they find.
public enum VerifiedReads: String, Sendable, CaseIterable {
    case off
    /// Those that read the disk.
    case cold
    case all
}

/// Who may send `DEBUG`: nobody, clients on this machine, or everybody.
public enum DebugCommandPolicy: String, Sendable, CaseIterable {
    case no
    case local
    case yes
}

/// How a line of the log is written.
public enum LogFormat: String, Sendable, CaseIterable {
    /// For people: time, level, label, message, `key=value`.
    case text
    /// For collectors: one JSON object a line.
    case json
}
