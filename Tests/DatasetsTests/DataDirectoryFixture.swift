import Foundation

@testable import Datasets

/// A data directory of its own for one test, gone with it; versions are made by hand, a file each.
final class DataDirectoryFixture {
    let directory: DataDirectory
    static let time = ManifestTime(unixSeconds: 1_795_230_000)

    init() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("almanac-\(UUID())").path
        directory = DataDirectory(path: path)
        try directory.create()
    }

    deinit {
        // Sealed directories let nobody remove what is in them.
        let files = FileManager.default
        for name in files.enumerator(atPath: directory.path)?.compactMap({ $0 as? String }) ?? [] {
            try? files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: "\(directory.path)/\(name)")
        }
        try? files.removeItem(atPath: directory.path)
    }

    static func manifest(_ id: String, parent: String? = nil, files: [String: [UInt8]] = ["data": [1]]) -> Manifest {
        Manifest(
            versionID: id, parent: parent, format: "rocksdb", created: time,
            builder: .init(name: "test", version: "1"), keyCount: 0, minKey: nil, maxKey: nil, valueBytes: nil,
            duplicatesDropped: 0,
            files: files.sorted { $0.key < $1.key }.map { path, bytes in
                .init(path: path, bytes: bytes.count, sha256: SHA256.digest(of: bytes.span))
            }, canaries: [])
    }

    /// Writes a version's files, the manifest last.
    func write(
        _ id: String, at path: String, parent: String? = nil, files: [String: [UInt8]] = ["data": [1]]
    ) throws {
        for (name, bytes) in files {
            let file = URL(fileURLWithPath: "\(path)/\(name)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: file)
        }
        let manifest = Self.manifest(id, parent: parent, files: files)
        try Data(try manifest.encoded()).write(to: URL(fileURLWithPath: "\(path)/manifest.json"))
    }

    /// A version as a download leaves it, and sealed.
    func seal(_ ids: String..., parent: String? = nil) throws {
        for id in ids {
            try write(id, at: directory.incomingPath(of: id), parent: parent)
            try directory.seal(id)
        }
    }

    func refusal(_ id: String, _ kind: Refusal.Kind = .damaged) -> Refusal {
        Refusal(versionID: id, kind: kind, reason: "why", refusedAt: Self.time, by: "test")
    }

    func put(_ text: String, at name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory.path)/\(name)"))
    }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: "\(directory.path)/\(name)", withDestinationPath: target)
    }

    func mode(_ name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: "\(directory.path)/\(name)")[.posixPermissions] as? Int
    }

    /// Everything below the data directory but the versions' files, hidden names too.
    func names(_ below: String = "") throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(directory.path)/\(below)").sorted()
    }
}
