public import Datasets

/// Whoever answers requests from versions: what a swap needs of a server.
///
/// Any thread may call.
public protocol Audience: Sendable {
    /// Readies a version to be adopted without any work on the loops.
    func prepare(_ version: DatasetVersion) -> any PreparedVersion

    /// Makes a version current in `database` for every request that begins from now on.
    ///
    /// - Returns: The version that it replaces.
    func adopt(_ prepared: any PreparedVersion, in database: Int) -> DatasetVersion

    /// Keys that were lately asked for, the newest first; waits for the loops, at most some 200 ms.
    func sampleOfKeys(in database: Int) -> [[UInt8]]

    /// Drops what the loops have let go of; to be called now and again.
    func discardRetired()

    /// Is told of a swap that has ended, one way or another, for whoever takes a trace.
    func swapEnded(_ ended: EndedSwap)

    /// Tells the subscribers of a channel.
    func publish(channel: String, message: [UInt8])
}

extension Audience {
    public func swapEnded(_ ended: EndedSwap) {}
}

/// A swap as it went; times are in nanoseconds of the monotonic clock.
public struct EndedSwap: Sendable {
    public let dataset: String
    public let version: String
    /// Such as `swapped`, or why not.
    public let outcome: String
    public let steps: [(name: String, startedAt: UInt64, endedAt: UInt64)]
}

/// A version that is open and not yet current, with what the loops will read it through.
public protocol PreparedVersion: AnyObject, Sendable {
    var version: DatasetVersion { get }

    /// Looks keys up, so that requests for them will find them in memory; waits for the disk.
    ///
    /// Belongs to one thread until the version is adopted.
    func warm(_ keys: ArraySlice<[UInt8]>)
}
