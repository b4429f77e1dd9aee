internal import ArgumentParser
internal import Datasets
private import FoundationEssentials
internal import Logging
private import Platform
private import RocksDBStorage
internal import Settings
private import Storage

/// Opens every dataset that is to be served, in the order of their database numbers.
///
/// - Throws: ``CommandFailure``, naming the path that cannot be served and why.
func openCatalog(_ settings: ServerSettings, _ logger: Logger) throws -> Catalog {
    let directories = settings.datasets.map { VersionDirectory(servedPath: $0.path) }
    let cacheBytes = usefulCacheBytes(settings.cacheBytes, for: directories)
    let cache = try RocksDBCache(capacityBytes: cacheBytes)
    logger.debug("cache of blocks", metadata: ["bytes": "\(cacheBytes)", "setting": "\(settings.cacheBytes)"])
    var versions: [DatasetVersion] = []
    for (number, dataset) in settings.datasets.enumerated() {
        let start = Clock.monotonicNanoseconds()
        let directory = directories[number]
        let manifest = try directory.manifest()
        let options = RocksDBOptions(
            columnFamily: dataset.columnFamily ?? "default", cache: cache, openThreads: settings.openThreads)
        let engine: RocksDBEngine
        do {
            engine = try RocksDBEngine(path: directory.path, options: options)
        } catch {
            throw CommandFailure(
                CommandFailure.exitCode(for: error.kind), "cannot serve \(dataset.path): \(error.message)")
        }
        let id = manifest?.versionID ?? directory.name
        versions.append(DatasetVersion(id: id, engine: engine))
        logger.info(
            "opened",
            metadata: [
                "dataset": "\(dataset.name)", "database": "\(number)", "version": "\(id)",
                "format": "\(engine.format)", "keys": "\(engine.keyCount.value)",
                "bytes": "\(engine.storage.fileBytes)", "manifest": "\(manifest == nil ? "none" : "sizes verified")",
                "milliseconds": "\((Clock.monotonicNanoseconds() - start) / 1_000_000)",
            ])
    }
    return Catalog(names: settings.datasets.map(\.name), versions: versions)
}

/// As much of the cache of blocks as the datasets can ever fill.
///
/// The cache takes about a 25th of its size at the start, for its table, which a small dataset must not pay on
/// a large machine. Compressed files rarely hold more than 16 times their size, and the floor leaves room for
/// versions to grow.
private func usefulCacheBytes(_ wanted: Int, for directories: [VersionDirectory]) -> Int {
    let stored = directories.reduce(0) { $0 + $1.fileBytes }
    let (most, isOverflowing) = stored.multipliedReportingOverflow(by: 16)
    return isOverflowing ? wanted : min(wanted, max(most, 256 << 20))
}

/// The directory that holds the files of one version.
private struct VersionDirectory {
    let path: String

    /// - Parameter servedPath: A version's own directory, or one whose `current` leads to it.
    init(servedPath: String) {
        let current = servedPath + "/current"
        // Resolved once, so that flipping `current` later cannot mix the files of two versions.
        path =
            FileManager.default.fileExists(atPath: current)
            ? URL(fileURLWithPath: current).resolvingSymlinksInPath().path : servedPath
    }

    /// Of all files in it; 0 where it cannot be read, which opening it will tell.
    var fileBytes: Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.reduce(0) { $0 + (FileSize.bytes(ofFile: "\(path)/\($1)") ?? 0) }
    }

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// What the version says of itself; `nil` for a bare RocksDB directory, which says nothing.
    ///
    /// - Throws: ``CommandFailure`` for a manifest that cannot be read or whose files are not all there whole.
    func manifest() throws -> Manifest? {
        let file = "\(path)/\(Manifest.fileName)"
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        let manifest: Manifest
        do {
            manifest = try Manifest.decode(Array(try Data(contentsOf: URL(fileURLWithPath: file))))
        } catch {
            throw CommandFailure(.badData, "cannot serve \(path): \(Manifest.fileName): \(error)")
        }
        for promised in manifest.files {
            guard let bytes = FileSize.bytes(ofFile: "\(path)/\(promised.path)") else {
                throw CommandFailure(.badData, "cannot serve \(path): \(promised.path) is missing")
            }
            guard bytes == promised.bytes else {
                throw CommandFailure(
                    .badData,
                    "cannot serve \(path): \(promised.path) has \(bytes) bytes, its manifest says \(promised.bytes)")
            }
        }
        return manifest
    }
}
