internal import Logging
private import PackedStorage
private import Platform
internal import RocksDBStorage
internal import Settings
internal import Storage
private import Synchronization

/// Opens engines of every format that this build reads, over what they share.
struct EngineFactory: Sendable {
    let blocks: SharedBlocks
    private let packed: PackedOptions

    init(_ settings: ServerSettings, _ logger: Logger) {
        let cacheBytes = Self.usefulCacheBytes(settings)
        blocks = SharedBlocks(capacityBytes: cacheBytes)
        packed = PackedOptions(
            residency: settings.residency.option, verifiedReads: settings.verifiedReads.option,
            memory: PackedMemory(byteCountMax: settings.residentBytesMax))
        logger.debug("cache of blocks", metadata: ["bytes": "\(cacheBytes)", "setting": "\(settings.cacheBytes)"])
    }

    /// Opens what is in a version's directory; as in `EngineOpener`.
    @Sendable func open(
        _ directory: String, _ format: String?, _ dataset: DatasetPath, _ threads: Int
    ) throws(EngineError) -> any Engine {
        switch format ?? Self.format(of: directory) {
        case "packed":
            guard dataset.columnFamily ?? "default" == "default" else {
                throw EngineError(
                    operation: "open", kind: .invalid, message: "\(directory): a packed version has no column families")
            }
            return try PackedEngine(path: directory, options: packed)
        case "rocksdb": break
        case let other:
            throw EngineError(
                operation: "open", kind: .unsupported,
                message: "\(directory): format \"\(other)\" is none that this build reads (packed, rocksdb)")
        }
        let options = RocksDBOptions(
            columnFamily: dataset.columnFamily ?? "default", cache: try blocks.cache(), openThreads: threads)
        return try RocksDBEngine(path: directory, options: options)
    }

    /// The format of a directory that has no manifest.
    private static func format(of directory: String) -> String {
        PackedEngine.isPresent(in: directory) ? "packed" : "rocksdb"
    }

    /// As much of the cache of blocks as the datasets can ever fill.
    ///
    /// The cache takes about a 25th of its size at the start, for its table, which a small dataset must not pay on
    /// a large machine. Compressed files rarely hold more than 16 times their size, and the floor leaves room for
    /// versions to grow.
    private static func usefulCacheBytes(_ settings: ServerSettings) -> Int {
        // What has yet to come may be of any size.
        guard !settings.waitsForVersion else { return settings.cacheBytes }
        let stored = settings.datasets.reduce(0) { $0 + storedBytes(at: $1.path) }
        let (most, isOverflowing) = stored.multipliedReportingOverflow(by: 16)
        return isOverflowing ? settings.cacheBytes : min(settings.cacheBytes, max(most, 256 << 20))
    }

    /// Of all files of the version at `path`; 0 where it cannot be read, which opening it will tell.
    private static func storedBytes(at path: String) -> Int {
        let current = "\(path)/current"
        let directory = FileSystem.isDirectory(current) ? current : path
        let names = (try? FileSystem.names(in: directory)) ?? []
        return names.reduce(0) { $0 + (FileSize.bytes(ofFile: "\(directory)/\($1)") ?? 0) }
    }
}

/// RocksDB's cache of blocks, which all its databases share, made when the first is opened: whoever serves packed
/// versions alone pays nothing for it.
final class SharedBlocks: Sendable {
    private let capacityBytes: Int
    private let made = Mutex<RocksDBCache?>(nil)

    init(capacityBytes: Int) { self.capacityBytes = capacityBytes }

    func cache() throws(EngineError) -> RocksDBCache {
        try made.withLock { (made) throws(EngineError) in
            if let made { return made }
            let cache = try RocksDBCache(capacityBytes: capacityBytes)
            made = cache
            return cache
        }
    }

    /// The cache, where a database has been opened.
    var cacheIfMade: RocksDBCache? { made.withLock { $0 } }
}

extension ResidencyPolicy {
    fileprivate var option: PackedOptions.Residency {
        switch self {
        case .auto: .auto
        case .memory: .memory
        case .disk: .disk
        }
    }
}

extension VerifiedReads {
    fileprivate var option: PackedOptions.VerifiedReads {
        switch self {
        case .off: .off
        case .cold: .cold
        case .all: .all
        }
    }
}
