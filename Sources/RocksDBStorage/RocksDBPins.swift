internal import CRocksDB
internal import Storage

/// What RocksDB holds in place for one batch.
@safe final class RocksDBPins: LookupPins {
    let handle: OpaquePointer
    // Pinned blocks belong to the database's files, so it must not close before they are let go.
    let engine: RocksDBEngine

    init(engine: RocksDBEngine, rowCacheBytes: Int) {
        self.engine = engine
        guard let made = unsafe almanac_rocksdb_pins_create(rowCacheBytes) else {
            preconditionFailure("no memory for the pins of a batch")
        }
        unsafe handle = made
    }

    deinit { unsafe almanac_rocksdb_pins_destroy(handle) }

    /// Why the last damaged look-up was so.
    var failure: EngineError? { engineError("get", unsafe almanac_rocksdb_pins_failure(handle)) }

    func releaseAll() { unsafe almanac_rocksdb_pins_release(handle) }
}
