import Bytes
import Foundation
import Testing

@testable import Platform

/// A directory of its own for one test, gone with it.
private final class Scratch {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("almanac-\(UUID())").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }

    func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

    func put(_ text: String, at name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }
}

/// The `errno` of what a call throws; `nil` where it throws nothing.
private func code(_ body: () throws -> Void) -> Int32? {
    do { try body() } catch { return (error as? SystemError)?.code }
    return nil
}

@Suite("The file system") struct FileSystemTests {
    @Test("tells what is at a path, with and without following links")
    func status() throws {
        let scratch = try Scratch()
        try scratch.put("abc", at: "file")
        let path = scratch.path
        try FileManager.default.createSymbolicLink(atPath: "\(path)/link", withDestinationPath: "file")
        try FileManager.default.createSymbolicLink(atPath: "\(path)/dangling", withDestinationPath: "nothing")
        try #require(unsafe mkfifo("\(path)/pipe", 0o600) == 0)
        let file = try #require(try FileSystem.status(of: "\(path)/file"))
        #expect(file.kind == .file && file.byteCount == 3 && file.linkCount == 1)
        #expect(try FileSystem.status(of: "\(path)/link") == file)
        #expect(try FileSystem.status(of: "\(path)/link", followsLinks: false)?.kind == .link)
        #expect(try FileSystem.status(of: "\(path)/dangling") == nil)
        #expect(try FileSystem.status(of: "\(path)/dangling", followsLinks: false)?.kind == .link)
        #expect(try FileSystem.status(of: "\(path)/pipe")?.kind == .other)
        #expect(try FileSystem.status(of: path)?.kind == .directory)
        #expect(try FileSystem.status(of: "\(path)/file/below") == nil)
        #expect(FileSystem.isDirectory(path) && !FileSystem.isDirectory("\(path)/file"))
    }

    static let parents: [(String, String)] = [
        ("a", "."), ("a/b", "a"), ("/a", "/"), ("/", "/"), ("/a/b", "/a"), ("a/b/", "a"), ("a//b//", "a/"),
        ("./a", "."), ("", "."),
    ]

    @Test("names the directory that a path is in", arguments: parents)
    func parent(_ path: String, _ parent: String) {
        #expect(FileSystem.parent(of: path) == parent)
    }

    @Test("writes small files in one step, and leaves nothing else behind")
    func write() throws {
        let scratch = try Scratch()
        for text in ["first", "", "a longer second text"] {
            try FileSystem.write(Array(text.utf8), to: "\(scratch.path)/file")
            #expect(try scratch.text("file") == text)
            #expect(try scratch.names() == ["file"])
        }
        // What has the old file open goes on reading it.
        let old = try File(reading: "\(scratch.path)/file")
        try FileSystem.write([1], to: "\(scratch.path)/file")
        #expect(try old.status.byteCount == 20)
        // What cannot be replaced stays, and the temporary file goes.
        try FileSystem.makeDirectory("\(scratch.path)/directory")
        #expect(code { try FileSystem.write([1], to: "\(scratch.path)/directory") } == EISDIR)
        #expect(try scratch.names() == ["directory", "file"])
        #expect(code { try FileSystem.write([1], to: "\(scratch.path)/none/file") } == ENOENT)
    }

    @Test("writes a new file only where none is, nor a link")
    func writeNew() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/file"
        try FileSystem.writeNew([0x61], to: path, mode: 0o600)
        #expect(try FileSystem.status(of: path)?.mode == 0o600)
        #expect(code { try FileSystem.writeNew([0x62], to: path, mode: 0o600) } == EEXIST)
        #expect(try scratch.text("file") == "a")
        try FileManager.default.createSymbolicLink(atPath: "\(scratch.path)/link", withDestinationPath: "target")
        #expect(code { try FileSystem.writeNew([0x62], to: "\(scratch.path)/link", mode: 0o600) } == EEXIST)
        #expect(try scratch.names() == ["file", "link"])
    }

    @Test("replaces links in one step, and tells what they say")
    func links() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/link"
        #expect(try FileSystem.linkTarget(of: path) == nil)
        for target in ["one", "two/three", "one"] {
            try FileSystem.replaceLink(at: path, target: target)
            #expect(try FileSystem.linkTarget(of: path) == target)
            #expect(try scratch.names() == ["link"])
        }
        try scratch.put("", at: "file")
        #expect(try FileSystem.linkTarget(of: "\(scratch.path)/file") == nil)
        #expect(try FileSystem.resolved(path) == nil)
        try FileSystem.replaceLink(at: path, target: "file")
        #expect(try FileSystem.resolved(path)?.hasSuffix("/file") == true)
    }

    @Test("knows the temporary files of a replacement by their names")
    func temporary() throws {
        #expect(FileSystem.isTemporary(".current.tmp-3w5e11264sgsf"))
        for name in ["current", ".current", "a.tmp-1", ".lock", ".deleted-1"] { #expect(!FileSystem.isTemporary(name)) }
    }

    @Test("reads a plain file up to a bound, and nothing else")
    func read() throws {
        let scratch = try Scratch()
        let path = scratch.path
        try scratch.put("abc", at: "file")
        #expect(try FileSystem.read("\(path)/file", byteCountMax: 3) == Array("abc".utf8))
        #expect(code { _ = try FileSystem.read("\(path)/file", byteCountMax: 2) } == EFBIG)
        #expect(try FileSystem.read("\(path)/none", byteCountMax: 2) == nil)
        #expect(try FileSystem.read("\(path)/file/below", byteCountMax: 2) == nil)
        #expect(code { _ = try FileSystem.read(path, byteCountMax: 2) } == EISDIR)
        #expect(code { _ = try FileSystem.read("/dev/zero", byteCountMax: 2) } == EINVAL)
        // Nobody ever writes into it.
        try #require(unsafe mkfifo("\(path)/pipe", 0o600) == 0)
        #expect(code { _ = try FileSystem.read("\(path)/pipe", byteCountMax: 2) } == EINVAL)
    }

    @Test("removes sealed trees, and not what links in them lead to")
    func removeTree() throws {
        let scratch = try Scratch()
        let path = scratch.path
        try scratch.put("kept", at: "kept")
        try FileManager.default.createDirectory(atPath: "\(path)/tree/a/b", withIntermediateDirectories: true)
        try scratch.put("x", at: "tree/a/b/file")
        try FileManager.default.createSymbolicLink(atPath: "\(path)/tree/a/link", withDestinationPath: "../../kept")
        try FileManager.default.createSymbolicLink(atPath: "\(path)/tree/up", withDestinationPath: "..")
        for name in ["tree/a/b/file", "tree/a/b", "tree/a", "tree"] { try FileSystem.seal("\(path)/\(name)") }
        #expect(try FileSystem.status(of: "\(path)/tree/a")?.mode == 0o555)
        try FileSystem.removeTree("\(path)/tree")
        try FileSystem.removeTree("\(path)/tree")
        #expect(try scratch.names() == ["kept"])
        #expect(try scratch.text("kept") == "kept")
    }

    @Test("makes a directory unless there is one")
    func makeDirectory() throws {
        let scratch = try Scratch()
        try FileSystem.makeDirectory("\(scratch.path)/a")
        try FileSystem.makeDirectory("\(scratch.path)/a")
        try scratch.put("", at: "file")
        #expect(code { try FileSystem.makeDirectory("\(scratch.path)/file") } == EEXIST)
        #expect(try FileSystem.names(in: scratch.path) == ["a", "file"])
        #expect(code { _ = try FileSystem.names(in: "\(scratch.path)/none") } == ENOENT)
    }

    @Test("locks a file for one writer or several readers, until it is closed")
    func locks() throws {
        let scratch = try Scratch()
        let path = "\(scratch.path)/lock"
        do {
            let first = try File(writing: path)
            let second = try File(writing: path)
            var isLocked = [try first.lock(.shared), try second.lock(.shared), try second.lock(.exclusive)]
            #expect(isLocked == [true, true, false])
            // Giving up on the stronger lock may have lost the weaker one; it is to be asked for again.
            isLocked = [try second.lock(.shared)]
            #expect(isLocked == [true])
        }
        let third = try File(writing: path)
        let isLocked = try third.lock(.exclusive)
        #expect(isLocked)
        try third.replaceContents("12345\n")
        try third.replaceContents("6\n")
        #expect(try scratch.text("lock") == "6\n")
    }

    /// Whether this process may mount; the tests below need a file system of their own.
    static let mayMount = geteuid() == 0 && run("unshare", "--mount", "true")

    static func run(_ command: String...) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    @Test("says that it is full or read-only, and leaves files as they were", .enabled(if: mayMount))
    func fullAndReadOnly() throws {
        let scratch = try Scratch()
        try #require(Self.run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", scratch.path))
        defer { _ = Self.run("umount", scratch.path) }
        let path = "\(scratch.path)/file"
        try FileSystem.write(Array("before".utf8), to: path)
        #expect(try (1...65_536).contains(FileSystem.availableBytes(at: scratch.path)))
        func failure(_ body: () throws -> Void) -> SystemError? {
            do { try body() } catch { return error as? SystemError }
            return nil
        }
        let bytes = [UInt8](repeating: 1, count: 1 << 17)
        #expect(failure { try FileSystem.write(bytes, to: path) }?.isFull == true)
        #expect(failure { try FileSystem.writeNew(bytes, to: path + "2", mode: 0o600) }?.isFull == true)
        #expect(try scratch.names() == ["file"])
        #expect(try scratch.text("file") == "before")
        try #require(Self.run("mount", "-o", "remount,ro", scratch.path))
        #expect(failure { try FileSystem.write([1], to: path) }?.isReadOnly == true)
        #expect(failure { try FileSystem.replaceLink(at: path, target: "x") }?.isReadOnly == true)
        #expect(failure { try FileSystem.removeTree(path) }?.isReadOnly == true)
        #expect(try scratch.text("file") == "before")
    }
}
