import Datasets
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite struct FileVerifierTests {
    private let fixture: FileFixture
    private let files: [Manifest.File]

    init() throws {
        fixture = try FileFixture()
        // Sizes around that of a piece, where an end could be missed or read twice.
        var files: [Manifest.File] = []
        for (number, size) in [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, (5 << 20) + 17].enumerated() {
            files.append(try fixture.write("file\(number)", Self.content(size)))
        }
        files.append(try fixture.write("below/file", Self.content(100)))
        self.files = files
    }

    private static func content(_ count: Int) -> [UInt8] {
        var random = SeededRandom(seed: UInt64(count))
        return random.bytes(count)
    }

    private func problems(_ threadCount: Int = 2) -> [FileProblem]? {
        FileVerifier(directory: fixture.path, threadCount: threadCount).checkContents(files)
    }

    @Test(arguments: [1, 2, 4, 16]) func `Files that are as the manifest says have no problem`(threadCount: Int) {
        #expect(FileVerifier(directory: fixture.path).checkSizes(files) == [])
        #expect(problems(threadCount) == [])
    }

    @Test func `No files have no problem`() {
        #expect(FileVerifier(directory: fixture.path).checkContents([]) == [])
    }

    @Test func `A digest is that of all bytes`() throws {
        for file in files {
            let found = try FileVerifier(directory: fixture.path).digest(of: file.path)
            #expect(found?.digest == file.sha256)
            #expect(found?.byteCount == file.bytes)
        }
    }

    @Test(arguments: [1, 4]) func `Progress adds up to all bytes, of wrong files too`(threadCount: Int) throws {
        _ = try fixture.write("file3", Self.content(7))
        let counter = Counter()
        let verifier = FileVerifier(directory: fixture.path, threadCount: threadCount)
        let problems = verifier.checkContents(files, progress: { counter.add($0) })
        #expect(problems?.count == 1)
        #expect(counter.value == files.reduce(0) { $0 + $1.bytes })
    }

    @Test func `One flipped bit anywhere in any file is found`() throws {
        for (index, file) in files.enumerated() where file.bytes > 0 {
            for offset in [0, file.bytes / 2, file.bytes - 1] {
                var content = Self.content(file.bytes)
                content[offset] ^= 0x10
                let wrong = try fixture.write(file.path, content)
                #expect(FileVerifier(directory: fixture.path).checkSizes(files) == [])
                let expected = FileProblem.Reason.digest(actual: wrong.sha256, expected: file.sha256)
                #expect(problems() == [FileProblem(path: file.path, reason: expected)], "file \(index), \(offset)")
            }
            _ = try fixture.write(file.path, Self.content(file.bytes))
        }
    }

    @Test func `Missing, short, long and unreadable files are told apart, by path`() throws {
        try fixture.remove("below/file")
        _ = try fixture.write("file1", [])
        _ = try fixture.write("file4", Self.content(files[4].bytes + 1))
        try fixture.remove("file5")
        try FileManager.default.createDirectory(atPath: fixture.path + "/file5", withIntermediateDirectories: true)
        let found = try #require(problems())
        #expect(found.map(\.path) == ["below/file", "file1", "file4", "file5"])
        #expect(
            found.prefix(3).map(\.reason) == [
                .missing, .size(actual: 0, expected: 1),
                .size(actual: files[4].bytes + 1, expected: files[4].bytes),
            ])
        #expect(found[3].description == "file5: cannot be read: Is a directory")
        #expect(found.map(\.isInputOutput) == [false, false, false, true])
        let sizes = FileVerifier(directory: fixture.path).checkSizes(files)
        #expect(sizes == found)
    }

    @Test(arguments: [1, 3]) func `It stops when it is cancelled, and tells nothing`(threadCount: Int) {
        let counter = Counter()
        let outcome = FileVerifier(directory: fixture.path, threadCount: threadCount).checkContents(
            files, isCancelled: { counter.value >= 1 << 20 }, progress: { counter.add($0) })
        #expect(outcome == nil)
        #expect(counter.value < files.reduce(0) { $0 + $1.bytes })
    }
}

private final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    var value: Int { count.load(ordering: .relaxed) }

    func add(_ number: Int) { count.add(number, ordering: .relaxed) }
}
