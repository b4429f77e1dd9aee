internal import CRocksDB

/// How reading has gone since the process started, over all databases of it.
///
/// Look-ups that a loop's own rows answer do not come this far, and are not counted.
public struct RocksDBCounts: Sendable, Equatable {
    /// Keys looked up on the resident tier whose block was in the cache.
    public let cacheHits: Int
    /// Keys looked up on the resident tier whose block was not.
    public let cacheMisses: Int
    /// Keys that a filter said are absent.
    public let filterNegatives: Int
    /// Keys that a filter could not rule out.
    public let filterPositives: Int
    /// Of those, the ones that were read and found there.
    public let filterTruePositives: Int
    /// Reads of table files, from the disk or the page cache.
    public let reads: Int
    public let readBytes: Int
    public let fileOpens: Int
    /// Table files that could not be opened.
    public let fileErrors: Int

    /// By now; for any thread.
    public init() {
        let counts = almanac_rocksdb_get_counts()
        cacheHits = Int(clamping: counts.cache_hits)
        cacheMisses = Int(clamping: counts.cache_misses)
        filterNegatives = Int(clamping: counts.filter_negatives)
        filterPositives = Int(clamping: counts.filter_positives)
        filterTruePositives = Int(clamping: counts.filter_true_positives)
        reads = Int(clamping: counts.reads)
        readBytes = Int(clamping: counts.read_bytes)
        fileOpens = Int(clamping: counts.file_opens)
        fileErrors = Int(clamping: counts.file_errors)
    }
}
