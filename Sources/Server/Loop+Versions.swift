import Bytes
import Commands
import Datasets

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
        if catalog.refresh() { adoptVersions() }
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
        plan.visitKeys(atMost: Self.sampledKeysMax, seed: context.now >> 6) { version, key in
            guard let database = context.versions.firstIndex(where: { $0 === version }) else { return }
            group.samples[index][database].add(key)
        }
    }

    /// Between two looks at the keys of a batch: rare enough to cost nothing and to reach back some seconds.
    private static let sampleNanoseconds: UInt64 = 100_000
    /// Keys of each dataset noted at a time.
    private static let sampledKeysMax = 4
}
