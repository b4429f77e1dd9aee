public import Commands
public import Datasets

/// Whoever answers requests from versions: what a swap needs of a server.
public protocol Audience: Sendable {
    /// A view of `version` for each loop, to be warmed and then handed over by ``adopt(_:views:in:)``.
    func makeViews(for version: DatasetVersion) -> [PreparedView]

    /// Makes `version` current in `database` for every request that begins from now on.
    ///
    /// - Returns: The replaced version.
    func adopt(_ version: DatasetVersion, views: [PreparedView], in database: Int) -> DatasetVersion

    /// Keys that were lately asked for, the newest first; waits for the loops, at most some 200 ms.
    func sampleOfKeys(in database: Int) -> [[UInt8]]

    /// Drops what loops held of versions that have been replaced; to be called now and again.
    func discardRetired()

    /// Tells the subscribers of `channel`.
    func publish(channel: String, message: [UInt8])
}
