import Testing

@testable import RemoteStorage

@Suite struct ResumeTests {
    @Test(
        "A file's size tells how many of its first bytes are in place",
        arguments: [
            (0, 100, 0), (40, 100, 40), (100, 100, 100), (101, 100, 0),
            (64 << 20, 64 << 20, 64 << 20), ((64 << 20) - 1, 64 << 20, (64 << 20) - 1),
            (0, 1 << 30, 0), (1, 1 << 30, 0), (32 << 20, 1 << 30, 0), (64 << 20, 1 << 30, 32 << 20),
            ((64 << 20) + 1, 1 << 30, 40 << 20),
            (1 << 30, 1 << 30, 1 << 30), ((1 << 30) - 1, 1 << 30, (1 << 30) - (32 << 20)),
        ])
    func contiguous(fileSize: Int, bytes: Int, expected: Int) {
        #expect(ChunkPlan.contiguousBytes(fileSize: fileSize, bytes: bytes) == expected)
    }
}
