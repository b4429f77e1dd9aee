public import Datasets

/// How versions come to the loops, for whoever opens and closes them.
///
/// Any thread may call.
public final class VersionExchange: Sendable {
    private let catalog: Catalog
    private let group: LoopGroup

    init(catalog: Catalog, group: LoopGroup) {
        self.catalog = catalog
        self.group = group
    }

    /// Makes `version` current in `database` for every request that begins from now on, and tells the loops.
    ///
    /// - Returns: The version that it replaces.
    public func adopt(_ version: DatasetVersion, in database: Int) -> DatasetVersion {
        let replaced = catalog.publish(version, in: database)
        for mailbox in group.mailboxes { mailbox.post(.versionsChanged) }
        return replaced
    }
}
