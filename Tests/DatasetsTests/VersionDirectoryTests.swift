import Foundation
import Testing

@testable import Datasets

@Suite("A version's directory") struct VersionDirectoryTests {
    private func version(
        _ fixture: DataDirectoryFixture, _ files: [String: [UInt8]] = ["a": [1], "sub/b": [2, 3]]
    ) throws -> VersionDirectory {
        let path = fixture.directory.incomingPath(of: "1")
        try fixture.write("1", at: path, files: files)
        return VersionDirectory(path: path)
    }

    private func problem(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return (error as? DataDirectoryError)?.description }
        return nil
    }

    @Test("gives its manifest and the bytes of it")
    func manifest() throws {
        let fixture = try DataDirectoryFixture()
        let version = try version(fixture)
        let (manifest, bytes) = try version.manifest(expecting: "1")
        #expect(manifest == DataDirectoryFixture.manifest("1", files: ["a": [1], "sub/b": [2, 3]]))
        #expect(bytes == Array(try Data(contentsOf: URL(fileURLWithPath: version.path + "/manifest.json"))))
        #expect(kind { _ = try version.manifest(expecting: "2") } == .damaged)
        #expect(kind { _ = try VersionDirectory(path: version.path + "/sub").manifest() } == .absent)
        #expect(kind { _ = try VersionDirectory(path: version.path + "/a").manifest() } == .absent)
    }

    @Test(
        "refuses a manifest that is no plain file, without waiting for it",
        arguments: ["pipe", "device", "directory", "link", "empty", "socket"])
    func strangeManifest(_ form: String) throws {
        let fixture = try DataDirectoryFixture()
        let version = try version(fixture)
        let path = version.path + "/manifest.json"
        try FileManager.default.moveItem(atPath: path, toPath: version.path + "/elsewhere")
        switch form {
        case "pipe": try #require(unsafe mkfifo(path, 0o644) == 0)
        case "device": try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/zero")
        case "directory": try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        case "link": try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "elsewhere")
        case "socket":
            // Only to be looked at: a node of this kind, with nobody behind it.
            try #require(unsafe mknod(path, S_IFSOCK | 0o644, 0) == 0)
        default: try Data().write(to: URL(fileURLWithPath: path))
        }
        #expect(kind { _ = try version.manifest() } == .damaged)
        // None of these may hang either.
        _ = try? version.hold()
        _ = try? fixture.directory.delete("1")
    }

    @Test("refuses a manifest that names the manifest, its seal or its signature as data")
    func reservedNames() throws {
        let fixture = try DataDirectoryFixture()
        for name in ["manifest.json", "verified.json", "manifest.sig"] {
            let manifest = DataDirectoryFixture.manifest("1", files: [name: [1]])
            #expect(throws: ManifestError.self) { try manifest.encoded() }
            let good = try DataDirectoryFixture.manifest("1", files: ["someother.file": [1]]).encoded()
            let text = String(decoding: good, as: UTF8.self).replacingOccurrences(of: "someother.file", with: name)
            try fixture.put(text, at: "manifest.json")
            #expect(kind { _ = try VersionDirectory(path: fixture.directory.path).manifest() } == .damaged)
        }
    }

    @Test("misses no file that is missing, short, long, or not a file of its own")
    func sizes() throws {
        let fixture = try DataDirectoryFixture()
        let version = try version(fixture)
        let manifest = try version.manifest().manifest
        let (file, files) = (version.path + "/sub/b", FileManager.default)
        try version.checkSizes(manifest)
        func check(_ expected: String) {
            let found = problem { try version.checkSizes(manifest) }
            #expect(found == "\(file) \(expected)")
            try? files.removeItem(atPath: file)
        }
        try Data([2]).write(to: URL(fileURLWithPath: file))
        check("has 1 bytes, its manifest says 2")
        try Data([2, 3, 4]).write(to: URL(fileURLWithPath: file))
        check("has 3 bytes, its manifest says 2")
        check("is missing")
        try files.createDirectory(atPath: file, withIntermediateDirectories: false)
        check("is not a plain file")
        try Data([2, 3]).write(to: URL(fileURLWithPath: version.path + "/outside"))
        try files.createSymbolicLink(atPath: file, withDestinationPath: "../outside")
        check("is not a plain file")
        // A directory on the way that is elsewhere.
        try files.removeItem(atPath: version.path + "/sub")
        try files.createDirectory(atPath: fixture.directory.path + "/other", withIntermediateDirectories: false)
        try Data([2, 3]).write(to: URL(fileURLWithPath: fixture.directory.path + "/other/b"))
        try files.createSymbolicLink(atPath: version.path + "/sub", withDestinationPath: "../../other")
        check("is not a plain file")
    }

    @Test("is vouched for by its seal until it is copied or changed")
    func seal() throws {
        let fixture = try DataDirectoryFixture()
        let version = try version(fixture)
        let manifest = try version.manifest().bytes
        let digest = SHA256.digest(of: manifest.span)
        #expect(!version.isVerified(manifestSHA256: digest))
        try version.markVerified(manifestSHA256: digest, at: DataDirectoryFixture.time)
        #expect(version.isVerified(manifestSHA256: digest))
        #expect(!version.isVerified(manifestSHA256: SHA256.digest(of: [1].span)))
        try fixture.directory.seal("1")
        let sealed = VersionDirectory(path: fixture.directory.versionPath("1"))
        #expect(sealed.isVerified(manifestSHA256: digest))
        let copy = fixture.directory.path + "/copy"
        try FileManager.default.copyItem(atPath: sealed.path, toPath: copy)
        #expect(!VersionDirectory(path: copy).isVerified(manifestSHA256: digest))
        for text in ["", "{}", "{\"manifest_sha256\": 1}"] {
            try FileManager.default.removeItem(atPath: sealed.path + "/verified.json")
            try Data(text.utf8).write(to: URL(fileURLWithPath: sealed.path + "/verified.json"))
            #expect(!sealed.isVerified(manifestSHA256: digest))
        }
    }

    @Test("is signed once by a key, and by several keys")
    func sign() throws {
        let fixture = try DataDirectoryFixture()
        let version = try version(fixture)
        let manifest = try version.manifest().bytes
        let (old, new) = (try SigningKey.generate(), try SigningKey.generate())
        #expect(try version.signatureFile() == nil)
        var added: [Bool] = []
        for key in [old, old, new, old] { added.append(try version.sign(with: key)) }
        #expect(added == [true, false, true, false])
        let file = try version.signatureFile()
        #expect(String(decoding: file ?? [], as: UTF8.self).split(separator: "\n").count == 2)
        for key in [old, new] {
            #expect(throws: Never.self) {
                try ManifestSignature.verify(manifest, file: file, trusted: [key.verificationKey])
            }
        }
        // Other bytes under the same directory: the old key's line is replaced, not doubled.
        try fixture.write("1", at: version.path, parent: "0", files: ["a": [1], "sub/b": [2, 3]])
        let isAdded = try version.sign(with: old)
        #expect(isAdded)
        #expect(String(decoding: try version.signatureFile() ?? [], as: UTF8.self).split(separator: "\n").count == 2)
    }
}
