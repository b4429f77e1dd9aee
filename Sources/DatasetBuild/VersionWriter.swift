/// Takes rows in any order, and makes the files of a version out of them.
///
/// Used on the building thread alone.
protocol VersionWriter: AnyObject {
    /// The storage format's name as manifests spell it.
    var format: String { get }

    /// Takes a row; of several with one key the last is kept.
    func add(key: Span<UInt8>, value: Span<UInt8>, origin: RowOrigin) throws(BuildError)

    /// Sorts the rows and writes the files. Nothing is added afterwards.
    func finish() throws(BuildError) -> WrittenRows

    /// Ends all work, and returns when none of the files is touched any more.
    func cancel()
}

/// What has become of the rows that a ``VersionWriter`` took.
struct WrittenRows: Sendable {
    var statistics = VersionStatistics()
    var duplicatesDropped = 0
    /// Rows that were the same entry of an input, read twice.
    var repeatCount = 0

    mutating func merge(_ other: WrittenRows) {
        statistics.merge(other.statistics)
        duplicatesDropped += other.duplicatesDropped
        repeatCount += other.repeatCount
    }
}
