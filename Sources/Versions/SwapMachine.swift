internal import Commands
internal import Datasets
internal import Logging
internal import Platform
internal import Settings
internal import Synchronization

/// The control thread: one message at a time, and what falls due between them.
final class SwapMachine {
    var datasets: [DatasetState]
    var settings: ServerSettings
    let parts: SwapControl.Parts
    /// Of the version that was opened last.
    var stagingNumber = 0
    /// Of the version whose loading began last.
    var loadingNumber = 0
    /// Versions to be closed as soon as nobody reads them.
    private(set) var closing: [ClosingVersion] = []

    /// Boxed, so that it can be told whether this is the last reference.
    struct ClosingVersion {
        let database: Int
        /// Until no connection has chosen it any more.
        var open: OpenVersion?
        var version: DatasetVersion
        var hold: VersionDirectory.Hold?
    }

    init(_ opened: consuming [OpenedDataset], settings: ServerSettings, _ parts: SwapControl.Parts) {
        datasets = opened.map(DatasetState.init)
        self.settings = settings
        self.parts = parts
    }

    var logger: Logger { parts.logger }

    func run() {
        for database in datasets.indices {
            refreshPin(database)
            noteServing(database, outcome: "serving \(datasets[database].served.id)")
            verifyInBackground(database)
            loadInBackground(database)
        }
        publishFacts()
        while !parts.shared.isStopping.load(ordering: .acquiring) {
            if let message = nextMessage() { handle(message) }
            parts.audience.discardRetired()
            closeRetired()
            publishFacts()
        }
        end()
    }

    private func nextMessage() -> SwapControl.Message? {
        if closing.isEmpty, datasets.allSatisfy({ $0.retired.isEmpty && $0.loadings.isEmpty }) {
            return parts.messages.pop()
        }
        let tick = closing.isEmpty ? Self.retiredTickNanoseconds : Self.closingTickNanoseconds
        return parts.messages.pop(until: Clock.monotonicNanoseconds() + tick)
    }

    private func handle(_ message: SwapControl.Message) {
        switch message {
        case .request(let request, let answer): handle(request, answer)
        case .reload(let why):
            parts.shared.isReloadPending.store(false, ordering: .releasing)
            logger.info("looking for new versions", metadata: ["cause": "\(why)"])
            for database in datasets.indices { reload(database, DatasetState.Trigger()) }
        case .staged(let database, let number, let outcome): staged(database, number, outcome)
        case .verified(let database, let outcome): verified(database, outcome)
        case .loaded(let database, let number, let outcome): loaded(database, number, outcome)
        case .settings(let new): settings = new
        }
    }

    func publishFacts() {
        parts.shared.facts.withLock { [facts = facts()] in $0 = facts }
        let counts = datasets.map(\.counts)
        parts.shared.counts.withLock { $0 = counts }
        let open = datasets.map(\.openVersions)
        parts.shared.open.withLock { $0 = open }
        let histories = datasets.map(\.history)
        parts.shared.history.withLock { $0 = histories }
    }

    private func facts() -> [DatasetFacts] {
        var facts = datasets.map(\.facts)
        for closing in closing {
            facts[closing.database].retired.append(
                .init(versionID: closing.version.id, userCount: closing.open?.userCount ?? 0))
        }
        for database in facts.indices { facts[database].retired.sort { $0.versionID > $1.versionID } }
        return facts
    }

    // MARK: Retirement

    /// Keeps a replaced version open for as long as somebody may want it back.
    func retire(_ served: ServedVersion, in database: Int) {
        let window = settings.rollbackWindow.wholeNanoseconds
        datasets[database].retired.insert(
            DatasetState.Retired(served: served, closesAt: Clock.monotonicNanoseconds() &+ window), at: 0)
        // Only the one before is worth its memory; and not even that where there is little of it.
        let keptMax = window > 0 && !isMemoryShort ? 1 : 0
        while datasets[database].retired.count > keptMax {
            close(datasets[database].retired.removeLast().served, in: database)
        }
    }

    /// Pages of mapped files are not counted: the kernel takes those back by itself.
    private var isMemoryShort: Bool {
        ProcessStatistics().anonymousBytes > HostResources.current.memoryBytes / 10 * 8
    }

    /// Closes a version once nobody reads it; connections that chose it may go on for a while.
    func close(_ served: ServedVersion, in database: Int) {
        served.open.close(by: Clock.monotonicNanoseconds() &+ settings.versionUseMax.wholeNanoseconds)
        closing.append(
            ClosingVersion(database: database, open: served.open, version: served.version, hold: served.hold))
    }

    private func closeRetired() {
        let now = Clock.monotonicNanoseconds()
        let closesAll = datasets.contains { !$0.retired.isEmpty } && isMemoryShort
        for database in datasets.indices {
            while let last = datasets[database].retired.last, last.closesAt <= now || closesAll {
                close(datasets[database].retired.removeLast().served, in: database)
            }
        }
        var open: [ClosingVersion] = []
        while var last = closing.popLast() {
            if isKnownUniquelyReferenced(&last.open) { last.open = nil }
            if last.open == nil, isKnownUniquelyReferenced(&last.version) {
                logger.debug("closed", metadata: ["version": "\(last.version.id)"])
            } else {
                open.append(last)
            }
        }
        closing = open
    }

    // MARK: End

    /// Ends what is under way, and answers everybody who waits.
    private func end() {
        let stopping = DatasetAnswer.error("ERR the server is stopping")
        for database in datasets.indices {
            datasets[database].staging?.cancellation.cancel()
            datasets[database].verifying?.thread.cancellation.cancel()
            for loading in datasets[database].loadings { loading.cancellation.cancel() }
            for answer in datasets[database].swap?.answers ?? [] { answer(stopping) }
            for answer in datasets[database].next?.answers ?? [] { answer(stopping) }
            for answer in datasets[database].verifying?.answers ?? [] { answer(stopping) }
        }
        while let message = parts.messages.pop() {
            if case .request(_, let answer) = message { answer(stopping) }
        }
        for database in datasets.indices {
            datasets[database].staging?.join()
            for staging in datasets[database].abandoned { staging.join() }
            datasets[database].verifying?.thread.join()
            for loading in datasets[database].loadings { loading.join() }
        }
        parts.shared.hasEnded.store(true, ordering: .releasing)
    }

    /// Between two looks at whether anybody still reads what is to be closed.
    private static let closingTickNanoseconds: UInt64 = 100_000_000
    /// Between two looks at whether replaced versions are to be closed, and at how far loading has come.
    private static let retiredTickNanoseconds: UInt64 = 1_000_000_000
}
