import Foundation
import Testing

@testable import almanac

@Suite("The file with the process id")
struct ProcessIDFileTests {
    private let path = FileManager.default.temporaryDirectory.path + "/almanac-pid-\(UUID().uuidString)"

    private func text() -> String? {
        // Whether it is there is what is asked.
        try? String(contentsOfFile: path, encoding: .utf8)
    }

    @Test("It holds the id while the server runs, replaces a stale one, and is gone afterwards")
    func lifetime() throws {
        try "1\n".write(toFile: path, atomically: false, encoding: .utf8)
        try holdFile { #expect(text() == "\(ProcessInfo.processInfo.processIdentifier)\n") }
        #expect(text() == nil)
    }

    @Test("One that another process has taken over stays")
    func takenOver() throws {
        try holdFile { try "1\n".write(toFile: path, atomically: false, encoding: .utf8) }
        #expect(text() == "1\n")
        try FileManager.default.removeItem(atPath: path)
    }

    @Test("A path that holds anything but a process id is refused and left alone", arguments: ["keep me\n", "1 2\n"])
    func foreign(content: String) throws {
        try content.write(toFile: path, atomically: false, encoding: .utf8)
        #expect(throws: CommandFailure.self) { try holdFile {} }
        #expect(text() == content)
        try FileManager.default.removeItem(atPath: path)
        #expect(throws: CommandFailure.self) { _ = try ProcessIDFile(path: "/dev/null") }
        #expect(FileManager.default.fileExists(atPath: "/dev/null"))
    }

    @Test("One that cannot be written is an I/O error that names it")
    func unwritable() throws {
        let failure = try #require(throws: CommandFailure.self) { _ = try ProcessIDFile(path: path + "/none") }
        #expect(failure.exitCode == .ioError)
        #expect(failure.message == "pid-file: \(path)/none cannot be written: No such file or directory")
    }

    private func holdFile(_ body: () throws -> Void) throws {
        let file = try ProcessIDFile(path: path)
        try body()
        _ = consume file
    }
}
