internal import Commands
internal import Datasets
internal import Server
internal import Tracing
internal import Versions

/// The server, as the control of its versions sees it.
struct ServerAudience: Audience {
    private let exchange: VersionExchange
    private let publisher: Publisher
    private let tracer: Tracer

    init(_ server: Server) {
        exchange = server.exchange
        publisher = server.publisher
        tracer = server.tracer
    }

    func prepare(_ version: DatasetVersion) -> any PreparedVersion {
        PreparedViews(version, views: exchange.makeViews(for: version))
    }

    func adopt(_ prepared: any PreparedVersion, in database: Int) -> DatasetVersion {
        let views = (prepared as? PreparedViews)?.views ?? []
        return exchange.adopt(prepared.version, views: views, in: database)
    }

    func sampleOfKeys(in database: Int) -> [[UInt8]] { exchange.sampleOfKeys(in: database) }

    func discardRetired() { exchange.discardRetired() }

    func publish(channel: String, message: [UInt8]) { publisher.publish(channel: channel, message: message) }

    func swapEnded(_ ended: EndedSwap) {
        tracer.note(
            Tracer.Episode(
                place: "swaps of \(ended.dataset)", name: "swap to \(ended.version)",
                parts: ended.steps.map { Tracer.Episode.Part(name: $0.name, start: $0.startedAt, end: $0.endedAt) },
                details: [("dataset", ended.dataset), ("version", ended.version), ("outcome", ended.outcome)]))
    }

    /// A view for each loop.
    private final class PreparedViews: PreparedVersion {
        let version: DatasetVersion
        let views: [PreparedView]

        init(_ version: DatasetVersion, views: [PreparedView]) {
            self.version = version
            self.views = views
        }

        func warm(_ keys: ArraySlice<[UInt8]>) {
            // Any connection may ask for a key, so every loop's view gets to know all of them.
            for view in views { _ = view.warm(keys: keys) }
        }
    }
}
