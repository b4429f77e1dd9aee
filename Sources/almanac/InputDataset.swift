internal import PackedStorage
internal import RocksDBStorage
internal import Storage

/// Opens a dataset that `almanac build` reads: one walk over all of it, and nothing else.
///
/// - Parameters:
///   - directory: Of a version, or of a database made elsewhere.
///   - format: As the manifest says; `nil` where there is none, and the files tell.
///   - columnFamily: For RocksDB; `nil` means its default one.
/// - Returns: An engine with little memory of its own.
/// - Throws: ``EngineError``; kind `unsupported` for a format of another release.
func openInput(
    _ directory: String, format: String?, columnFamily: String?
) throws(EngineError) -> any Engine {
    switch format ?? (PackedEngine.isPresent(in: directory) ? "packed" : "rocksdb") {
    case "packed": return try PackedEngine(path: directory)
    case "rocksdb": return try openInspected(directory, columnFamily: columnFamily)
    case let other:
        throw EngineError(
            operation: "open", kind: .unsupported,
            message: "format \"\(other)\" is none that this build reads (packed, rocksdb)")
    }
}
