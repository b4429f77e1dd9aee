internal import CRocksDB
internal import Storage

/// A walk over keys in order, on one thread.
@safe struct RocksDBScan: ~Copyable {
    private let handle: OpaquePointer
    /// Let go of after the handle is destroyed, as a walk must be gone before its engine closes.
    private let engine: RocksDBEngine

    /// Takes over `handle`, a walk in `engine`.
    @unsafe init(_ handle: OpaquePointer?, in engine: RocksDBEngine) throws(EngineError) {
        guard let handle = unsafe handle else {
            throw EngineError(operation: "scan", kind: .io, message: "no iterator and no reason")
        }
        unsafe self.handle = handle
        self.engine = engine
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

    /// Puts the next keys and values, as many as come in one piece and at most `limit`, in the place of what `page`
    /// holds.
    ///
    /// - Precondition: The walk was opened with values.
    borrowing func readRows(into page: inout RowPage, limit: Int) throws(EngineError) {
        page.removeAll()
        var lent = unsafe almanac_rocksdb_page()
        var error = almanac_rocksdb_error()
        _ = unsafe almanac_rocksdb_scan_next(handle, limit, &lent, &error)
        if unsafe lent.count > 0 {
            // Safety: the library lends `count` ends, and as many bytes as the last of them says.
            let ends = unsafe Span(_unsafeStart: lent.ends, count: lent.count)
            page.append(packed: unsafe Span(_unsafeStart: lent.bytes, count: Int(ends[ends.count - 1])), ends: ends)
        }
        if let failure = engineError("scan", error) { throw failure }
    }
}

/// A walk over keys and values, which keeps its engine open.
final class RocksDBRowWalk: RowWalk {
    private let scan: RocksDBScan

    init(_ scan: consuming RocksDBScan) { self.scan = scan }

    func readRows(into page: inout RowPage, limit: Int) throws(EngineError) {
        try scan.readRows(into: &page, limit: limit)
    }
}
