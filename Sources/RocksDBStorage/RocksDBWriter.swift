internal import CRocksDB
public import Storage

/// Writes a RocksDB database from keys in order: one sorted run, with nothing beside it but what opening needs.
///
/// Belongs to one thread at a time. Dropped before ``finish()``, it leaves files that are no database.
@safe public struct RocksDBWriter: ~Copyable {
    private let handle: OpaquePointer

    /// Begins a database in `directory`, which is made where it is absent and must be empty.
    public init(directory: String) throws(EngineError) {
        let made = try unsafe check("write") { error in unsafe almanac_rocksdb_writer_create(directory, &error) }
        guard let made = unsafe made else {
            throw EngineError(operation: "write", kind: .io, message: "\(directory): no writer and no reason")
        }
        unsafe handle = made
    }

    deinit { unsafe almanac_rocksdb_writer_destroy(handle) }

    /// Adds a key, which must come after the one before it in the order of bytes, and its value; both may be empty.
    ///
    /// - Throws: ``EngineError``: `invalid` where it does not, `io` where the disk fails or is full.
    public mutating func append(key: Span<UInt8>, value: Span<UInt8>) throws(EngineError) {
        try unsafe key.withUnsafeBufferPointer { key throws(EngineError) in
            try unsafe value.withUnsafeBufferPointer { value throws(EngineError) in
                _ = try check("write") { error in
                    unsafe almanac_rocksdb_writer_append(
                        handle, key.baseAddress, key.count, value.baseAddress, value.count, &error)
                }
            }
        }
    }

    /// Makes the database whole and durable.
    public consuming func finish() throws(EngineError) -> RocksDBWriterSummary {
        var written = almanac_rocksdb_written()
        _ = try check("write") { error in unsafe almanac_rocksdb_writer_finish(handle, &written, &error) }
        return RocksDBWriterSummary(
            keyCount: Int(clamping: written.key_count), fileCount: Int(clamping: written.file_count),
            fileBytes: Int(clamping: written.file_bytes))
    }
}

/// What a writer has left in its directory.
public struct RocksDBWriterSummary: Sendable, Equatable {
    public let keyCount: Int
    public let fileCount: Int
    public let fileBytes: Int
}
