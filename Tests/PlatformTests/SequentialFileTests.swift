import Bytes
import Foundation
import Glibc
import Testing

@testable import Platform

@Suite struct SequentialFileTests {
    private static func makeFile(pieces: Int) throws -> URL {
        // Not below /tmp, which may be memory: there, no page can be dropped.
        let url = URL(fileURLWithPath: "/var/tmp/almanac-sequential-\(UUID())")
        try Data(repeating: 0x5A, count: pieces * SequentialFile.pieceBytes).write(to: url)
        return url
    }

    private static func dropAll(_ path: String) {
        let descriptor = unsafe open(path, O_RDWR)
        fsync(descriptor)
        _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
        close(descriptor)
    }

    private static func residency(_ path: String) -> PageResidency {
        let descriptor = unsafe open(path, O_RDONLY)
        defer { close(descriptor) }
        let bytes = FileSize.bytes(ofFile: path) ?? 0
        return PageResidency(descriptor: descriptor, byteCount: bytes, pieceBytes: SequentialFile.pieceBytes)
    }

    private static func readAll(_ path: String) throws -> Int {
        var file = try SequentialFile(path: path)
        var piece = ByteBuffer()
        var count = 0
        while try file.readPiece(into: &piece) { count += piece.count }
        return count
    }

    @Test func `Reading leaves in memory what was there, and nothing else`() throws {
        let url = try Self.makeFile(pieces: 32)
        defer { try? FileManager.default.removeItem(at: url) }
        Self.dropAll(url.path)
        guard Self.residency(url.path).residentCount == 0 else { return }  // A file system in memory keeps all.
        #expect(try Self.readAll(url.path) == 32 << 20)
        #expect(Self.residency(url.path).residentCount == 0)

        // What a server has read stays, wherever it lies.
        let descriptor = unsafe open(url.path, O_RDONLY)
        _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_RANDOM)
        var byte: UInt8 = 0
        for piece in [3, 17, 31] {
            _ = unsafe pread(descriptor, &byte, 1, piece * SequentialFile.pieceBytes + 4096 * 100)
        }
        close(descriptor)
        let before = Self.residency(url.path)
        #expect([3, 17, 31].allSatisfy { before.wasResident(piece: $0) })
        #expect(try Self.readAll(url.path) == 32 << 20)
        let after = Self.residency(url.path)
        #expect([3, 17, 31].allSatisfy { after.wasResident(piece: $0) })
        #expect(after.residentCount == before.residentCount)
    }

    @Test func `What is no plain file cannot be opened, and does not keep one waiting`() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "almanac-fifo-\(UUID())").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        #expect(unsafe mkfifo(directory + "/pipe", 0o600) == 0)
        #expect(throws: SystemError(call: "open", code: EINVAL)) { _ = try SequentialFile(path: directory + "/pipe") }
        #expect(throws: SystemError(call: "open", code: EISDIR)) { _ = try SequentialFile(path: directory) }
        #expect(throws: SystemError(call: "open", code: ENOENT)) { _ = try SequentialFile(path: directory + "/none") }
    }
}
