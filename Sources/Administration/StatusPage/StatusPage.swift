public import Commands
internal import HTTP
public import Platform
public import Server
public import Settings
public import Versions

/// The page at `/` of the admin server, what it is made of, and what it asks for afterwards.
///
/// It is one document: style and script are in it, named by their hashes in its Content-Security-Policy, so that
/// whoever saves it has all of it, and behind a balancer no page gets the script of another release. Any thread may ask.
public final class StatusPage: Sendable {
    /// What a page looks at; any thread may call.
    public struct Sources: Sendable {
        public var facts: @Sendable () -> ServerFacts
        public var histories: @Sendable () -> [SwapHistory]
        /// `nil` where there is no dataset of this number.
        public var lookUp: @Sendable (_ key: [UInt8], _ database: Int, _ valueBytesMax: Int) -> KeyFinding?

        /// The hottest first, of a dataset, so many at most.
        public var hotKeys: @Sendable (_ database: Int, _ count: Int) -> [HotKey]

        public init(
            facts: @escaping @Sendable () -> ServerFacts, histories: @escaping @Sendable () -> [SwapHistory],
            lookUp: @escaping @Sendable (_ key: [UInt8], _ database: Int, _ valueBytesMax: Int) -> KeyFinding?,
            hotKeys: @escaping @Sendable (_ database: Int, _ count: Int) -> [HotKey] = { _, _ in [] }
        ) {
            self.facts = facts
            self.histories = histories
            self.lookUp = lookUp
            self.hotKeys = hotKeys
        }

        /// Of a running server.
        public init(_ observed: ObservedServer) {
            let (observer, control) = (observed.observer, observed.control)
            self.init(
                // A control of another kind keeps no history.
                facts: { observer.facts() }, histories: { (control as? SwapControl)?.histories() ?? [] },
                lookUp: { observer.lookUp($0, in: $1, valueBytesMax: $2) },
                hotKeys: { observer.hotKeys(database: $0, count: $1) })
        }
    }

    private let sources: Sources
    private let ticker: StatusTicker
    private let versions: [KnownVersions]

    /// - Parameters:
    ///   - sources: Of the server that the page is of.
    ///   - datasets: By database number.
    public init(_ sources: Sources, datasets: [DatasetPath]) {
        self.sources = sources
        ticker = StatusTicker(facts: sources.facts)
        versions = datasets.map { KnownVersions(path: $0.path) }
    }

    /// Begins to look at the server each second, on a thread of its own, until ``stop()``.
    public func start() throws(SystemError) { try ticker.start() }

    public func stop() { ticker.stop() }

    /// What is to be answered, by path.
    public var endpoints: [Endpoint] {
        [
            Endpoint("/", "the status page") { [self] _ in
                answer(StatusDocument(status()).page)
            },
            Endpoint("/status.json", "what the status page shows; after=MILLISECONDS for what is new") { [self] in
                let after = $0.parameter("after").flatMap { Int($0) } ?? 0
                return HTTPResponse(
                    contentType: "application/json", body: StatusReport(status(), after: after).json)
            },
            Endpoint("/lookup", "one key looked up: dataset=NAME, key=KEY with bytes as \\x00") {
                [self] request, visitor in
                let lookup = Lookup(
                    request, sources.facts().datasets.map(\.name), mayGet: visitor.mayGet, sources.lookUp)
                // They are what clients ask for, which is not every user's business.
                let hotKeys = visitor.mayMonitor ? lookup.datasets.indices.map(hotKeys) : nil
                return answer(lookup.page(hotKeys: hotKeys), status: lookup.status)
            },
        ]
    }

    private func hotKeys(_ database: Int) -> [HotKey] { sources.hotKeys(database, HotKeySection.countMax) }

    private func status() -> Status {
        let facts = sources.facts()
        let histories = sources.histories()
        let datasets = facts.datasets.enumerated().map { database, facts in
            Status.Dataset(
                database: database, facts: facts,
                listing: versions.indices ~= database ? versions[database].listing() : KnownVersions.Listing(),
                history: histories.indices ~= database ? histories[database].entries : [])
        }
        return Status(
            unixMilliseconds: Clock.wallMicroseconds() / 1_000, facts: facts, samples: ticker.samples(),
            datasets: datasets)
    }

    private func answer(_ page: HTML, status: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: status, contentType: "text/html; charset=utf-8",
            headers: [("Content-Security-Policy", PageAssets.securityPolicy)],
            body: Array(page.text.utf8))
    }
}
