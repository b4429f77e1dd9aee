internal import CRocksDB
internal import Storage

/// A walk over keys in order; on one thread, and gone before its engine.
@safe struct RocksDBScan: ~Copyable {
    private let handle: OpaquePointer

    /// Takes over `handle`.
    @unsafe init(_ handle: OpaquePointer?) throws(EngineError) {
        guard let handle = unsafe handle else {
            throw EngineError(operation: "scan", kind: .io, message: "no iterator and no reason")
        }
        unsafe self.handle = handle
    }

    deinit { unsafe almanac_rocksdb_scan_destroy(handle) }

    /// Visits the next keys, as many as come in one piece and at most `limit`.
    ///
    /// - Returns: How many were visited; 0 is the end.
    borrowing func nextPage(limit: Int, _ visit: (Span<UInt8>) -> Void) throws(EngineError) -> Int {
        var page = unsafe almanac_rocksdb_page()
        var error = almanac_rocksdb_error()
        _ = unsafe almanac_rocksdb_scan_next(handle, limit, &page, &error)
        var start = 0
        for index in unsafe 0..<page.count {
            let end = unsafe Int(page.ends[index])
            unsafe visit(Span(_unsafeStart: page.bytes + start, count: end - start))
            start = end
        }
        if let failure = engineError("scan", error) { throw failure }
        return unsafe page.count
    }
}
