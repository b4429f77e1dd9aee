public import Commands
public import Logging
internal import Platform
public import Settings
internal import Synchronization

/// Swaps versions of the datasets of a server, and answers what `DATASET` asks.
///
/// All decisions are made on one thread of its own, the control thread, which takes messages in their order and waits
/// for nothing long: opening and hashing happen on threads that it starts, and come back as messages. Replaced versions
/// close there too. Any thread may call.
public final class SwapControl: DatasetControl {
    enum Message: Sendable {
        case request(DatasetRequest, answer: @Sendable (DatasetAnswer) -> Void)
        /// Every dataset is to be looked at: a signal came.
        case reload(why: String)
        case staged(database: Int, number: Int, Staging.Outcome)
        case verified(database: Int, Verifying.Outcome)
        case loaded(database: Int, number: Int, Loading.Outcome)
        case settings(ServerSettings)
    }

    private let messages = BlockingQueue<Message>(countMax: 1_024)
    private let shared: Shared
    private let thread = Mutex<Thread?>(nil)

    /// What other threads may look at.
    final class Shared: Sendable {
        let facts: Mutex<[DatasetFacts]>
        /// By database number.
        let counts: Mutex<[SwapCounts]>
        /// What connections may choose to stay on, by database number.
        let open: Mutex<[[OpenVersion]]>
        /// By database number.
        let history: Mutex<[SwapHistory]>
        let isStopping = Atomic<Bool>(false)
        /// Whether a message to look at every dataset waits to be read.
        let isReloadPending = Atomic<Bool>(false)
        /// Whether the control thread has ended, and with it all that it started.
        let hasEnded = Atomic<Bool>(false)

        init(_ datasets: [DatasetState]) {
            facts = Mutex(datasets.map(\.facts))
            counts = Mutex(datasets.map(\.counts))
            open = Mutex(datasets.map(\.openVersions))
            history = Mutex(datasets.map(\.history))
        }
    }

    /// What the control thread is made of.
    struct Parts: Sendable {
        let openEngine: EngineOpener
        let trustedKeys: TrustedKeys
        let audience: any Audience
        let logger: Logger
        let messages: BlockingQueue<Message>
        let shared: Shared
    }

    /// - Parameter datasets: The version that each dataset begins with, by database number.
    public init(_ datasets: [OpenedDataset]) {
        shared = Shared(datasets.map(DatasetState.init))
        opened = Mutex(datasets)
    }

    /// Until the control thread takes them: another reference would keep a replaced version open for ever.
    private let opened: Mutex<[OpenedDataset]>

    /// Starts the control thread; to be called once.
    public func start(
        settings: ServerSettings, audience: any Audience, openEngine: @escaping EngineOpener,
        trustedKeys: TrustedKeys, logger: Logger
    ) throws {
        let parts = Parts(
            openEngine: openEngine, trustedKeys: trustedKeys, audience: audience, logger: logger, messages: messages,
            shared: shared)
        let started = try Thread(name: "control") { [self] in
            let machine = SwapMachine(takeOpened(), settings: settings, parts)
            machine.run()
        }
        thread.withLock { $0 = started }
    }

    private func takeOpened() -> [OpenedDataset] {
        opened.withLock { opened in
            defer { opened = [] }
            return opened
        }
    }

    public func submit(_ request: DatasetRequest, answer: @escaping @Sendable (DatasetAnswer) -> Void) {
        guard !messages.push(.request(request, answer: answer)) else { return }
        let isStopping = shared.isStopping.load(ordering: .relaxed)
        answer(.error(isStopping ? "ERR the server is stopping" : "ERR too many requests about datasets are waiting"))
    }

    public func facts() -> [DatasetFacts] { shared.facts.withLock { $0 } }

    /// What has become of the versions of each dataset, by database number; as of the last change.
    public func counts() -> [SwapCounts] { shared.counts.withLock { $0 } }

    public func openVersions(in database: Int) -> [OpenVersion] {
        shared.open.withLock { $0.indices ~= database ? $0[database] : [] }
    }

    /// What became of the versions that were lately to be served, by database number.
    public func histories() -> [SwapHistory] { shared.history.withLock { $0 } }

    /// Has every dataset looked at for a new version, as after a signal.
    ///
    /// - Parameter why: For the log.
    public func reloadAll(why: String) {
        // One that is still to be read will look at what this one would.
        guard !shared.isReloadPending.exchange(true, ordering: .acquiringAndReleasing) else { return }
        // Not bounded: nobody would hear that it was turned away.
        _ = messages.push(.reload(why: why), isBounded: false)
    }

    /// Goes by the settings that can change while the server runs.
    public func apply(_ settings: ServerSettings) { _ = messages.push(.settings(settings), isBounded: false) }

    /// Ends what is under way, and waits for it until `deadline`, in nanoseconds of the monotonic clock.
    ///
    /// - Returns: Whether all has ended; what has not is inside a read of the disk, and nothing that it uses may be torn
    ///   down before the process ends.
    public func stop(deadline: UInt64) -> Bool {
        shared.isStopping.store(true, ordering: .releasing)
        messages.close()
        while !shared.hasEnded.load(ordering: .acquiring), Clock.monotonicNanoseconds() < deadline {
            Thread.sleep(nanoseconds: 1_000_000)
        }
        guard shared.hasEnded.load(ordering: .acquiring) else { return false }
        thread.withLock { $0.take()?.join() }
        return true
    }
}
