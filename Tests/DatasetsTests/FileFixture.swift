import Datasets
import Foundation
import TestSupport

/// A directory with files of a version in it, gone with the fixture.
final class FileFixture: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("almanac-files-\(UUID())").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // What cannot be removed is left to the system's own cleaning.
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file, and tells what a manifest says of it.
    func write(_ name: String, _ content: [UInt8]) throws -> Manifest.File {
        let file = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(content).write(to: file)
        return Manifest.File(path: name, bytes: content.count, sha256: SHA256.digest(of: content.span))
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }
}
