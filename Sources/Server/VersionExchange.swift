public import Commands
public import Datasets
import Platform

/// How versions come to the loops and leave them, for whoever opens and closes them.
///
/// Any thread may call, one at a time for each dataset; loops never do.
public final class VersionExchange: Sendable {
    private let catalog: Catalog
    private let group: LoopGroup
    private let rowCacheBytes: Int
    private let latency: LatencyMonitor

    /// - Parameters:
    ///   - catalog: What the loops read.
    ///   - group: The loops.
    ///   - rowCacheBytes: What each loop keeps of the rows of one dataset.
    ///   - latency: Told how long the loops take to take a version over.
    init(catalog: Catalog, group: LoopGroup, rowCacheBytes: Int, latency: LatencyMonitor) {
        self.catalog = catalog
        self.group = group
        self.rowCacheBytes = rowCacheBytes
        self.latency = latency
    }

    /// A view of `version` for each loop, in the loops' order, each with memory of its own for rows lately found.
    ///
    /// Warm them and give them to ``adopt(_:views:in:)``, or drop them.
    public func makeViews(for version: DatasetVersion) -> [PreparedView] {
        group.exchanges.map { _ in PreparedView(version, rowCacheBytes: rowCacheBytes) }
    }

    /// Makes `version` current, and waits until every loop answers from it what it begins from then on.
    ///
    /// A loop takes over between two batches, so the wait is a millisecond or two, and a second at most, after
    /// which slow loops take over when they can. Requests that began before keep their version until they end.
    ///
    /// - Parameters:
    ///   - version: Opened and found good.
    ///   - views: From ``makeViews(for:)`` of this version; without any, the loops make views of their own.
    ///   - database: The number of the dataset.
    /// - Returns: The replaced version. Keep the only other reference to it, so that its engine closes on a thread
    ///   of your choice: let go of it once `isKnownUniquelyReferenced` says that nobody else holds it, calling
    ///   ``discardRetired()`` before each look.
    public func adopt(_ version: DatasetVersion, views: [PreparedView], in database: Int) -> DatasetVersion {
        precondition(views.isEmpty || views.count == group.exchanges.count, "a view for each loop")
        precondition(views.allSatisfy { $0.version === version }, "a view is for one version")
        // Before the version is current, so that a loop that sees it finds its view too.
        for (exchange, view) in zip(group.exchanges, views) { exchange.offer(view, in: database) }
        let start = Clock.monotonicNanoseconds()
        let replaced = catalog.publish(version, in: database)
        let adoption = Adoption(loopCount: group.mailboxes.count)
        for mailbox in group.mailboxes where !mailbox.post(.versionsChanged(adoption)) { adoption.arrive() }
        adoption.wait(until: start + Self.adoptionNanoseconds)
        latency.note(
            .swap, nanoseconds: Clock.monotonicNanoseconds() - start,
            unixSeconds: Clock.wallMicroseconds() / 1_000_000)
        return replaced
    }

    /// Drops what the loops have let go of since the last call: memory for rows, mostly.
    ///
    /// Call it after each swap until the replaced version has closed, and every so often; may take milliseconds.
    ///
    /// - Returns: How many views were dropped.
    @discardableResult public func discardRetired() -> Int {
        group.exchanges.reduce(0) { $0 + $1.takeRetired().count }
    }

    /// Keys lately asked for in a dataset, each once, the newest of all loops first.
    ///
    /// The loops are not held up, and neither is the caller for long: a copy of some ten thousand keys.
    public func sampleOfKeys(in database: Int) -> [[UInt8]] {
        let samples = group.samples.map { $0[database].keys() }
        var seen: Set<[UInt8]> = []
        var keys: [[UInt8]] = []
        for index in 0..<(samples.map(\.count).max() ?? 0) {
            for sample in samples where index < sample.count && seen.insert(sample[index]).inserted {
                keys.append(sample[index])
            }
        }
        return keys
    }

    /// How long to wait for loops, of which one may be in the middle of a long batch.
    private static let adoptionNanoseconds: UInt64 = 1_000_000_000
}
