/// How to open a RocksDB database.
public struct RocksDBOptions: Sendable {
    /// The column family to serve.
    public var columnFamily: String
    /// Where blocks read from disk stay.
    public var cache: RocksDBCache
    /// How many threads read the files' indexes while opening; at least 1.
    public var openThreads: Int

    public init(columnFamily: String = "default", cache: RocksDBCache, openThreads: Int = 4) {
        precondition(openThreads >= 1)
        self.columnFamily = columnFamily
        self.cache = cache
        self.openThreads = openThreads
    }
}
