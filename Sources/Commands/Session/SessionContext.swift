import Bytes
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
    private let settingsControlBox = Mutex<(any SettingsControl)?>(nil)
    private let hotKeySourceBox = Mutex<(@Sendable (Int, Int) -> [HotKey])?>(nil)
    /// What the server knows of itself.
    private let gatherFacts: @Sendable () -> ServerFacts
    public let cursors = ScanCursors()
    public let subscriptions = SubscriptionRegistry()
    public let directory = ClientDirectory()
    /// The users, and what is refused to them.
    public let access: AccessRegistry
    /// Bytes that the reply of one command may take up where it cannot be sent piece by piece.
    public var replyBytesMax: Int {
        get { replyBytes.load(ordering: .relaxed) }
        set { replyBytes.store(newValue, ordering: .relaxed) }
    }
    private let replyBytes: Atomic<Int>
    /// Requests that took long.
    public let slowLog = SlowLog()
    /// Whether requests are to be shown to anybody.
    public let monitors = MonitorRegistry()
    /// What has taken long lately.
    public let latency = LatencyMonitor()
    let lookupCommands: LookupCommands
    /// What the counters were when they were last reset.
    private let baseline = Mutex<ServerFacts?>(nil)
    private let debugAccessNumber = Atomic<Int>(0)
    private let releaseMemory: @Sendable () -> Void
    private let keysReplyCountMax = Atomic<Int>(1_000_000)
    private let lastClientID = Atomic<Int>(0)
    private let pauseEnd = Atomic<UInt64>(0)

    public init(
        table: CommandTable, catalog: Catalog, configuration: [(name: String, value: String)], replyBytesMax: Int,
        releaseMemory: @escaping @Sendable () -> Void = {}, facts: @escaping @Sendable () -> ServerFacts
    ) {
        precondition(replyBytesMax > 0)
        self.table = table
        lookupCommands = LookupCommands(table)
        access = AccessRegistry(table)
        self.catalog = catalog
        settings = Mutex(configuration)
        replyBytes = Atomic(replyBytesMax)
        self.releaseMemory = releaseMemory
        gatherFacts = facts
    }

    /// Who knows which keys of a database are asked for most, so many of them; `nil` where nobody does.
    public var hotKeySource: (@Sendable (_ database: Int, _ count: Int) -> [HotKey])? {
        get { hotKeySourceBox.withLock { $0 } }
        set { hotKeySourceBox.withLock { $0 = newValue } }
    }

    func hotKeys(database: Int, count: Int) -> [HotKey] { hotKeySource?(database, count) ?? [] }

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

    /// Whoever changes the settings while the server runs; `nil` where nobody does.
    public var settingsControl: (any SettingsControl)? {
        get { settingsControlBox.withLock { $0 } }
        set { settingsControlBox.withLock { $0 = newValue } }
    }

    /// What `INFO` tells, gathered now; may read files, so readers call it.
    public func facts() -> ServerFacts {
        let gathered = gatherFacts()
        let start = baseline.withLock { $0 }
        var facts = start.map(gathered.counting(from:)) ?? gathered
        facts.deniedCommands = access.denialCount(.command) - (start?.deniedCommands ?? 0)
        facts.deniedKeys = access.denialCount(.key) - (start?.deniedKeys ?? 0)
        facts.deniedLogins = access.denialCount(.login) - (start?.deniedLogins ?? 0)
        facts.deniedChannels = access.denialCount(.channel) - (start?.deniedChannels ?? 0)
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

    /// Has the counters of ``facts()`` begin again; those that machines read go on.
    func resetStatistics() {
        var now = gatherFacts()
        now.deniedCommands = access.denialCount(.command)
        now.deniedKeys = access.denialCount(.key)
        now.deniedLogins = access.denialCount(.login)
        now.deniedChannels = access.denialCount(.channel)
        baseline.withLock { $0 = now }
    }

    /// Gives memory that is free back to the kernel; may take long, so readers call it.
    func releaseFreeMemory() { releaseMemory() }

    /// Who may use `DEBUG`.
    public enum DebugAccess: Int, Sendable {
        case nobody
        /// Clients on this machine.
        case local
        case everybody
    }

    public var debugAccess: DebugAccess {
        get { DebugAccess(rawValue: debugAccessNumber.load(ordering: .relaxed)) ?? .nobody }
        set { debugAccessNumber.store(newValue.rawValue, ordering: .relaxed) }
    }

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
    /// Whether requests are to be shown to monitors, as of this turn.
    public var isMonitored = false
    /// Sessions of this loop that have become monitors; some may have gone.
    public var monitorIDs: [Int] = []
    /// Lines for all monitors that are to be handed over at the end of the turn at the latest.
    var monitorLines = ByteBuffer()
    /// Whose request was shown last.
    var latestMonitored: (id: Int, address: String)?
    /// Told of lines to show to the monitors of all loops, each a whole reply.
    public var onMonitored: ([UInt8]) -> Void = { _ in }
    /// One request in so many is taken as an example; 0: none.
    var sampleInterval = 0
    var untilSample = 1
    var sampled: [SampledRequest] = []
    /// Microseconds since 1970; asked for what is shown with its time only.
    public var unixMicroseconds: () -> Int = { 0 }
    /// Of the job that ``Session/complete(_:into:)`` is about to be called with.
    public var jobTimes = JobTimes()
    let tally: CommandTally
    /// The row of `GET`.
    let getCommand: CommandRow
    /// Seconds since 1970; asked for what is noted with its time only.
    public var unixSeconds: () -> Int = { 0 }
    /// The address of the client with an id; asked for what is noted with its client only.
    public var addressOfClient: (Int) -> String = { _ in "" }
    var random: SplitMix64
    /// The users as of the latest look.
    private(set) var access: AccessSnapshot
    /// Sessions of this loop whose clients have to show a password first.
    public internal(set) var lockedOutCount = 0
    /// The line of `CLIENT LIST` about a session's client; asked for what is noted with its client only.
    public var describeClient: (Session) -> String = { $0.facts.line }
    /// Told of every password that is refused, with the name that it was for.
    public var onRefusedLogin: (Session, [UInt8]) -> Void = { _, _ in }
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
        getCommand = server.table.row(at: server.lookupCommands.get)
        tally = CommandTally(commandCount: server.table.commands.count, metrics: metrics.commands)
        random = SplitMix64(state: seed)
        access = server.access.current
    }

    /// Whether who says nothing about itself is let in.
    public var isOpenToEverybody: Bool {
        refreshAccess()
        return access.defaultUser.isOpen
    }

    /// Goes by the users as they are now.
    func refreshAccess() {
        if access.epoch != server.access.epoch { access = server.access.current }
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
