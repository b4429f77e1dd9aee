internal import CRocksDB
public import Storage

/// Memory for blocks read from disk, shared by every engine that was given it.
///
/// Any thread.
@safe public final class RocksDBCache: Sendable {
    // Safety: set once in init, freed once in deinit; the C functions may be called from any thread.
    nonisolated(unsafe) let handle: OpaquePointer

    /// Makes a cache that is filled as blocks are read.
    ///
    /// With a capacity of 0 bytes nothing stays, and every look-up would block.
    ///
    /// - Throws: ``EngineError`` where there is no memory for it.
    public init(capacityBytes: Int) throws(EngineError) {
        precondition(capacityBytes >= 0)
        guard let made = unsafe almanac_rocksdb_cache_create(UInt64(capacityBytes)) else {
            throw EngineError(
                operation: "cache", kind: .io, message: "no memory for a block cache of \(capacityBytes) bytes")
        }
        unsafe handle = made
    }

    deinit { unsafe almanac_rocksdb_cache_destroy(handle) }

    public var capacityBytes: Int { unsafe Int(almanac_rocksdb_cache_capacity(handle)) }

    /// Bytes in use now, those lent to look-ups included.
    public var usedBytes: Int { unsafe Int(almanac_rocksdb_cache_usage(handle)) }
}
