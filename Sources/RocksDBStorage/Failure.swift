internal import CRocksDB
internal import Storage

/// Makes one C call that reports failure by filling an `almanac_rocksdb_error`, and throws what it reports.
func check<Value>(
    _ operation: String, _ call: (inout almanac_rocksdb_error) -> Value
) throws(EngineError) -> Value {
    var error = almanac_rocksdb_error()
    let value = call(&error)
    if let failure = engineError(operation, error) { throw failure }
    return value
}

/// The error that `error` holds; nil where the call succeeded.
func engineError(_ operation: String, _ error: almanac_rocksdb_error) -> EngineError? {
    let kind: EngineError.Kind
    switch error.kind {
    case Int32(ALMANAC_ROCKSDB_OK): return nil
    case Int32(ALMANAC_ROCKSDB_MISSING): kind = .missing
    case Int32(ALMANAC_ROCKSDB_DAMAGED): kind = .damaged
    case Int32(ALMANAC_ROCKSDB_UNSUPPORTED): kind = .unsupported
    case Int32(ALMANAC_ROCKSDB_INVALID): kind = .invalid
    default: kind = .io
    }
    let message = unsafe withUnsafeBytes(of: error.message) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return EngineError(operation: operation, kind: kind, message: message)
}
