public import Datasets
public import Storage

/// One version of a dataset, and the keys to look up in it together.
///
/// Belongs to whoever holds the plan that it is part of: a loop, or a reader.
public final class VersionView {
    // Before the version: fields end in this order, and whoever sees the version let go of may close its engine,
    // which the look-ups must then not hold any more.
    public var lookups: LookupBatch
    public let version: DatasetVersion
    /// Whether it has memory for rows, which takes long to get and to give back.
    public let keepsRows: Bool

    /// - Parameters:
    ///   - version: Held for as long as the view is.
    ///   - rowCacheBytes: As in `Engine.makeBatch(rowCacheBytes:)`.
    public init(_ version: DatasetVersion, rowCacheBytes: Int) {
        self.version = version
        keepsRows = rowCacheBytes > 0
        lookups = version.engine.makeBatch(rowCacheBytes: rowCacheBytes)
    }

    /// Looks up the keys of `range` that are not yet answered.
    func lookUp(in range: Range<Int>, tier: ReadTier) {
        version.engine.lookUp(&lookups, in: range, tier: tier)
    }
}
