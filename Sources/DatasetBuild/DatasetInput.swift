internal import Datasets
internal import Platform
internal import Storage

/// A dataset in a storage format: a directory of RocksDB, a version, or the current version of a data directory.
final class DatasetInput: BuildInput {
    let name: String
    let byteCount: Int?
    var rowCount: Int? { keyCountPromised ?? engine.keyCount.value }
    let isKeyed = false
    private let directory: String
    private let engine: any Engine
    private let rowBytesMax: Int
    /// As the manifest or the engine knows for certain.
    private let keyCountPromised: Int?
    /// Keeps the version from being deleted meanwhile.
    private let hold: VersionDirectory.Hold?

    init(_ path: String, _ options: BuildOptions, _ open: DatasetOpener) throws(BuildError) {
        name = path
        rowBytesMax = options.rowBytesMax
        let version: VersionDirectory
        let manifest: Manifest?
        do throws(DataDirectoryError) {
            (version, manifest) = try Self.find(path)
            hold = try version.hold()
        } catch {
            let kind: BuildError.Kind =
                switch error.kind {
                case .absent, .present, .invalid: .usage
                case .damaged, .unsupported: .badData
                case .busy, .readOnly, .full, .io: .inputOutput
                }
            throw BuildError(kind, error.description)
        }
        directory = version.path
        do throws(EngineError) {
            engine = try open(directory, manifest?.format, options.columnFamily)
        } catch {
            guard error.kind != .missing else {
                throw BuildError(.usage, "\(directory) is a directory that holds no dataset; name the files in it")
            }
            throw Self.failure(error, directory)
        }
        // A manifest counts the keys of the default column family.
        let promised = options.columnFamily == nil ? manifest?.keyCount : nil
        if promised == nil, case .exact(let count) = engine.keyCount {
            keyCountPromised = count
        } else {
            keyCountPromised = promised
        }
        byteCount = try FileTree.names(in: version.path).reduce(0) {
            $0 + (FileSize.bytes(ofFile: "\(version.path)/\($1)") ?? 0)
        }
    }

    /// The version that `path` leads to, and its manifest where it has one.
    private static func find(_ path: String) throws(DataDirectoryError) -> (VersionDirectory, Manifest?) {
        // Links are followed once, so that a flip meanwhile cannot mix two versions; what cannot be, opening tells.
        var version = VersionDirectory(path: (try? FileSystem.resolved(path)) ?? path)
        if !FileSystem.exists("\(path)/\(Manifest.fileName)"), DataDirectory.isPresent(at: path) {
            let directory = DataDirectory(path: path)
            guard let id = try directory.currentVersionID() else {
                throw DataDirectoryError(
                    .absent, "\(path): no version is current; name one of \(directory.versionsPath)")
            }
            version = VersionDirectory(path: directory.versionPath(id))
        }
        guard FileSystem.exists("\(version.path)/\(Manifest.fileName)") else { return (version, nil) }
        let manifest = try version.manifest().manifest
        try version.checkSizes(manifest)
        return (version, manifest)
    }

    func read(to rows: inout InputRows, _ progress: InputProgress) throws(BuildError) -> (bytes: Int, notes: [String]) {
        let bytes = byteCount ?? 0
        let share = Double(bytes) / Double(max(rowCount ?? 0, 1))
        var count = 0
        var page = RowPage()
        let walk = try translating { () throws(EngineError) in try engine.makeRowWalk(from: .beginning) }
        while true {
            try translating { () throws(EngineError) in try walk.readRows(into: &page) }
            guard !page.isEmpty else { break }
            for index in 0..<page.count {
                count += 1
                try rows.take(
                    key: page[keyAt: index], value: page[valueAt: index], line: count, rowBytesMax: rowBytesMax)
            }
            try progress.update(bytes: min(Int(share * Double(count)), bytes), rows: rows.rowCount)
        }
        if let keyCountPromised, count != keyCountPromised {
            throw BuildError(
                .badData, "\(directory): \(count) keys were found, where there must be \(keyCountPromised)")
        }
        return (bytes, [])
    }

    private func translating<Result>(_ body: () throws(EngineError) -> Result) throws(BuildError) -> Result {
        do throws(EngineError) {
            return try body()
        } catch {
            throw Self.failure(error, directory)
        }
    }

    private static func failure(_ error: EngineError, _ directory: String) -> BuildError {
        let kind: BuildError.Kind =
            switch error.kind {
            case .missing, .invalid: .usage
            case .damaged, .unsupported: .badData
            case .io: .inputOutput
            }
        return BuildError(
            kind, error.message.hasPrefix(directory) ? error.message : "\(directory): \(error.message)")
    }
}
