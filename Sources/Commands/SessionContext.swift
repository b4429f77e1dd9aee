public import Datasets
public import ServerMetrics
import Storage
import Synchronization

/// What all sessions of a server share.
public final class ServerState: Sendable {
    public let table: CommandTable
    public let catalog: Catalog
    private let settings: Mutex<[(name: String, value: String)]>
    private let datasetControl = Mutex<(any DatasetControl)?>(nil)
    /// What the server knows of itself.
    private let gatherFacts: @Sendable () -> ServerFacts
    public let cursors = ScanCursors()
    public let subscriptions = SubscriptionRegistry()
    public let directory = ClientDirectory()
    /// Bytes that the reply of one command may take up where it cannot be sent piece by piece.
    public let replyBytesMax: Int
    private let keysReplyCountMax = Atomic<Int>(1_000_000)
    private let lastClientID = Atomic<Int>(0)
    private let pauseEnd = Atomic<UInt64>(0)

    public init(
        table: CommandTable, catalog: Catalog, configuration: [(name: String, value: String)], replyBytesMax: Int,
        facts: @escaping @Sendable () -> ServerFacts
    ) {
        precondition(replyBytesMax > 0)
        self.table = table
        self.catalog = catalog
        settings = Mutex(configuration)
        self.replyBytesMax = replyBytesMax
        gatherFacts = facts
    }

    /// Every setting as `CONFIG GET` shows it.
    public var configuration: [(name: String, value: String)] {
        get { settings.withLock { $0 } }
        set { settings.withLock { $0 = newValue } }
    }

    /// Keys that the reply of one `KEYS` may hold.
    public var keysReplyMax: Int {
        get { keysReplyCountMax.load(ordering: .relaxed) }
        set { keysReplyCountMax.store(newValue, ordering: .relaxed) }
    }

    /// Whoever manages the datasets; `nil` where nobody does.
    public var control: (any DatasetControl)? {
        get { datasetControl.withLock { $0 } }
        set { datasetControl.withLock { $0 = newValue } }
    }

    /// What `INFO` tells, gathered now; may read files, so readers call it.
    public func facts() -> ServerFacts {
        var facts = gatherFacts()
        facts.channelCount = subscriptions.nameCount(.channel)
        facts.patternCount = subscriptions.nameCount(.pattern)
        facts.shardChannelCount = subscriptions.nameCount(.shardChannel)
        if let datasets = control?.facts() {
            facts.datasets = datasets
            facts.lastSwapUnixSeconds =
                datasets.compactMap(\.lastSwapUnixSeconds).max() ?? facts.lastSwapUnixSeconds
        }
        return facts
    }

    /// Until when no request is to be understood, in nanoseconds of the monotonic clock; 0 for no pause.
    public var pausedUntil: UInt64 { pauseEnd.load(ordering: .relaxed) }

    /// Holds everybody's requests back; of two pauses the later end holds.
    func pause(until end: UInt64) { pauseEnd.max(end, ordering: .relaxed) }

    func endPause() { pauseEnd.store(0, ordering: .relaxed) }

    /// A number that no connection of this server has had, above 0 and growing.
    public func makeClientID() -> Int { lastClientID.add(1, ordering: .relaxed).newValue }
}

/// What the sessions of one loop share, on that loop's thread.
public final class SessionContext {
    public let server: ServerState
    public let metrics: LoopMetrics
    /// The current version of each dataset, by database number, as of this turn.
    public var versions: [DatasetVersion]
    /// When this turn began, in nanoseconds of the monotonic clock.
    public var now: UInt64 = 0
    var random: SplitMix64
    /// Versions that sessions of this loop have chosen to stay on, each counted once a session.
    public internal(set) var versionUseCount = 0
    /// Told of every damaged look-up and walk, for the log.
    public var onDamage: (Damage) -> Void = { _ in }
    /// Told of a client whose cache is out of date, so that ``Session/takeInvalidation()`` of it is called.
    public var onRedirectedInvalidation: (ClientDirectory.Place) -> Void = { _ in }

    public init(server: ServerState, metrics: LoopMetrics, versions: [DatasetVersion], seed: UInt64) {
        self.server = server
        self.metrics = metrics
        self.versions = versions
        random = SplitMix64(state: seed)
    }

    func report(_ failure: EngineError?, of version: DatasetVersion, key: [UInt8]? = nil) {
        let cause = failure ?? EngineError(operation: "get", kind: .damaged, message: "no cause given")
        let database = versions.firstIndex { $0 === version }
        onDamage(
            Damage(
                cause: cause, version: version, dataset: database.map { server.catalog.names[$0] },
                key: key))
    }
}

/// Steele, Lea and Flood's generator (OOPSLA 2014): fast, seedable, good enough to pick keys with.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
