import Bytes
import Commands
import Datasets
import ServerMetrics
import Tracing

/// Versions that come and go.
extension Loop {
    private func adoptVersions() {
        context.versions = catalog.versions
        // A loop that is idle from here on must not hold what has been replaced.
        plan.removeAll()
        dropViews()
        adoptViews()
        invalidateCaches()
    }

    /// Takes the views made for the current versions, and makes those that nobody has made.
    func adoptViews() {
        let exchange = group.exchanges[index]
        for view in exchange.take(of: context.versions) {
            if let replaced = plan.adopt(view) { exchange.retire(replaced) }
        }
        for version in context.versions where !plan.hasView(of: version) {
            _ = plan.adopt(VersionView(version, rowCacheBytes: limits.rowCacheBytes))
        }
    }

    /// Takes over what has been published, between two batches.
    func refreshVersions() {
        precondition(batch.isEmpty)
        guard catalog.refresh() else { return }
        adoptVersions()
        if isTracing { tracing.track.add(TraceEvent(.adopt, from: context.now, to: context.now)) }
    }

    /// Lets go of the versions that are not current, between two batches.
    func dropViews() {
        plan.dropViews(
            keeping: { version in context.versions.contains { $0 === version } },
            retire: { view in if view.keepsRows { group.exchanges[index].retire(view) } })
    }

    /// Notes a few of the keys that are being looked up, now and then.
    @inline(never)
    func sampleKeys() {
        nextSample = context.now + Self.sampleNanoseconds
        // The keys at hand stand for all that have been looked up since the last time.
        let known = metrics.keyspaceHits.total &+ metrics.keyspaceMisses.total &+ plan.lookupCount
        let passed = Double(max(known - lookupsAtSample, plan.lookupCount))
        lookupsAtSample = known
        let each = passed / Double(max(plan.lookupCount, 1))
        plan.visitKeys(atMost: Self.sampledKeysMax, seed: context.now >> 6) { version, key, standsFor in
            guard let database = context.versions.firstIndex(where: { $0 === version }) else { return }
            group.samples[index][database].add(key)
            group.sketches[index][database].add(key, lookups: standsFor * each, now: context.now)
        }
    }

    /// Between two looks at the keys of a batch: rare enough to cost nothing and to reach back some seconds.
    private static let sampleNanoseconds: UInt64 = 100_000
    /// Keys of each dataset noted at a time.
    private static let sampledKeysMax = 4
}
