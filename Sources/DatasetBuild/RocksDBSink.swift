internal import RocksDBStorage
internal import Storage

/// Writes a dataset as one compacted RocksDB.
public final class RocksDBSink: DatasetSink {
    private var writer: RocksDBWriter?
    private let directory: String

    public init(directory: String) throws(BuildError) {
        self.directory = directory
        do throws(EngineError) {
            writer = try RocksDBWriter(directory: directory)
        } catch {
            throw Self.translated(error)
        }
    }

    public var format: String { "rocksdb" }

    public func append(key: Span<UInt8>, value: Span<UInt8>) throws(BuildError) {
        do throws(EngineError) {
            try writer?.append(key: key, value: value)
        } catch {
            throw Self.translated(error)
        }
    }

    public func finish() throws(BuildError) {
        guard let writer = writer.take() else { preconditionFailure("a dataset is finished once") }
        do throws(EngineError) {
            _ = try writer.finish()
        } catch {
            throw Self.translated(error)
        }
    }

    private static func translated(_ error: EngineError) -> BuildError {
        BuildError(.inputOutput, "RocksDB could not \(error.operation) the dataset: \(error.message)")
    }
}
