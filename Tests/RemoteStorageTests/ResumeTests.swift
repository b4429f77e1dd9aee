import Testing

@testable import RemoteStorage

@Suite struct ResumeTests {
    private static let mebibyte = 1 << 20

    @Test(
        "A short file came in order: its size is what is in place",
        arguments: [(0, 0), (40, 40), (100, 100), (101, 0)])
    func short(fileSize: Int, expected: Int) {
        #expect(ChunkPlan.contiguousBytes(fileSize: fileSize, bytes: 100) == expected)
        // As long as a stream may be, less a byte or not.
        let longest = ChunkPlan.streamBytesMax
        #expect(ChunkPlan.contiguousBytes(fileSize: longest - 1, bytes: longest) == longest - 1)
        #expect(ChunkPlan.contiguousBytes(fileSize: longest, bytes: longest) == longest)
    }

    @Test(
        "Of a long file, all but the chunks that may have been under way is in place",
        arguments: [(0, 0), (1, 0), (32, 0), (33, 8), (64, 32), (65, 40), (1023, 992), (1024, 1024), (1025, 0)])
    func long(fileMebibytes: Int, expectedMebibytes: Int) {
        let bytes = 1024 * Self.mebibyte
        let contiguous = ChunkPlan.contiguousBytes(fileSize: fileMebibytes * Self.mebibyte, bytes: bytes)
        #expect(contiguous == expectedMebibytes * Self.mebibyte)
    }
}
