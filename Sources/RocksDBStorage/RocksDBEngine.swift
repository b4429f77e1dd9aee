internal import CLookup
internal import CRocksDB
internal import Platform
public import Storage

/// A RocksDB database, opened read-only: one column family of it.
///
/// Opening and every read leave its directory as it is, byte for byte. Keys are in the order of their
/// bytes. Any thread.
@safe public final class RocksDBEngine: Engine {
    // Safety: set once in init, freed once in deinit, and in between passed only to functions that may
    // be called from any thread.
    nonisolated(unsafe) private let database: OpaquePointer

    public let format = "rocksdb"
    public let keyCount: KeyCount
    /// Databases that are sorted otherwise cannot be opened.
    public let isOrdered = true
    /// What there is to know of the files, for operators.
    public let storage: RocksDBFacts
    /// The cache given when opening.
    public let cache: RocksDBCache

    /// Opens the database in the directory `path`, reading the index and filter of every file.
    ///
    /// - Throws: ``EngineError``: `missing` where there is no database, `damaged` where it cannot be right,
    ///   `unsupported` where this build cannot read it, `invalid` where it has no such column family.
    public init(path: String, options: RocksDBOptions) throws(EngineError) {
        if let stranger = Self.unreadable(in: path) {
            throw EngineError(operation: "open", kind: .damaged, message: "\(stranger) is no plain file")
        }
        let opened = try unsafe check("open") { error in
            unsafe almanac_rocksdb_open(
                path, options.columnFamily, options.cache.handle, Int32(clamping: options.openThreads), &error)
        }
        guard let opened = unsafe opened else {
            throw EngineError(operation: "open", kind: .io, message: "\(path): no database and no reason")
        }
        unsafe database = opened
        cache = options.cache

        let facts = unsafe almanac_rocksdb_get_facts(opened)
        let count = Int(clamping: facts.key_count)
        keyCount = facts.key_count_is_exact ? .exact(count) : .estimate(count)
        storage = RocksDBFacts(
            isCompacted: facts.is_compacted, fileCount: Int(clamping: facts.file_count),
            fileBytes: Int(clamping: facts.file_bytes), memoryBytes: Int(clamping: facts.memory_bytes))
    }

    deinit { unsafe almanac_rocksdb_close(database) }

    /// What RocksDB would open by its name and wait for, such as a pipe; `nil` where there is nothing of the kind.
    private static func unreadable(in path: String) -> String? {
        // A directory or a file that cannot be looked at is RocksDB's to explain.
        let names = (try? FileSystem.names(in: path)) ?? []
        return names.lazy.map { "\(path)/\($0)" }.first { (try? FileSystem.status(of: $0))?.kind == .other }
    }

    public func makeBatch(rowCacheBytes: Int) -> LookupBatch {
        LookupBatch(pins: RocksDBPins(engine: self, rowCacheBytes: rowCacheBytes))
    }

    public func lookUp(_ batch: inout LookupBatch, in range: Range<Int>, tier: ReadTier) {
        guard let pins = batch.pins as? RocksDBPins, pins.engine === self else {
            preconditionFailure("a batch answers look-ups in the engine that made it only")
        }
        let damaged = unsafe batch.withUnsafeLookups(in: range) { lookups, keys in
            // Safety: every look-up's key lies within `keys`, and `pins` outlives the values lent.
            unsafe almanac_rocksdb_lookup(
                database, pins.handle, lookups.baseAddress, lookups.count, keys, tier == .anywhere)
        }
        if damaged > 0 { batch.failure = pins.failure }
    }

    public func scan(
        from start: ScanStart, limit: Int, _ visit: (Span<UInt8>) -> Void
    ) throws(EngineError) -> ScanStart? {
        precondition(limit >= 1)
        let scan = try openScan(from: start, withValues: false, readsAhead: false)
        var left = limit
        while left > 0 {
            let visited = try scan.nextPage(limit: left, visit)
            if visited == 0 { return nil }
            left -= visited
        }
        var next: [UInt8]?
        _ = try scan.nextPage(limit: 1) { key in next = unsafe key.withUnsafeBufferPointer { unsafe Array($0) } }
        return next.map { .key($0) }
    }

    public func makeRowWalk(
        from start: ScanStart, over extent: WalkExtent
    ) throws(EngineError) -> any RowWalk {
        RocksDBRowWalk(try openScan(from: start, withValues: true, readsAhead: extent == .everything))
    }

    private func openScan(
        from start: ScanStart, withValues: Bool, readsAhead: Bool
    ) throws(EngineError) -> RocksDBScan {
        let opened = try unsafe check("scan") { error in
            switch start {
            case .beginning:
                unsafe almanac_rocksdb_scan_create(database, nil, 0, withValues, readsAhead, &error)
            case .key(let key):
                // Safety: an empty array may have no address, but only a null start means the beginning.
                unsafe key.withUnsafeBufferPointer { key in
                    unsafe withUnsafePointer(to: 0 as UInt8) { empty in
                        unsafe almanac_rocksdb_scan_create(
                            database, key.baseAddress ?? empty, key.count, withValues, readsAhead, &error)
                    }
                }
            case .position:
                preconditionFailure("keys in order have no positions")
            }
        }
        return try unsafe RocksDBScan(opened, in: self)
    }

    public func randomKey(seed: UInt64, _ body: (Span<UInt8>) -> Void) throws(EngineError) -> Bool {
        let opened = try unsafe check("random key") { error in
            unsafe almanac_rocksdb_scan_create_random(database, seed, &error)
        }
        return try unsafe RocksDBScan(opened, in: self).nextPage(limit: 1, body) > 0
    }
}

/// What there is to know of an opened database's files.
public struct RocksDBFacts: Sendable, Equatable {
    /// It is one sorted run, and read by RocksDB's shorter path for such.
    public let isCompacted: Bool
    public let fileCount: Int
    public let fileBytes: Int
    /// Memory held outside the cache by indexes and filters, and by what the write-ahead log held.
    public let memoryBytes: Int
}
