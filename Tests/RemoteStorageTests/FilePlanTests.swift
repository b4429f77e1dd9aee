import Datasets
import Testing

@testable import RemoteStorage

@Suite struct FilePlanTests {
    private func file(bytes: Int, from offset: Int = 0) -> HTTPDownload.File {
        let digest = SHA256.digest(of: [UInt8]().span)
        return HTTPDownload.File(
            index: 0,
            download: ObjectDownload(object: "o", path: "/nowhere", bytes: bytes, sha256: digest, resumeOffset: offset))
    }

    @Test("A short file comes as one stream, from where it is to go on")
    func stream() throws {
        let file = file(bytes: 1000, from: 300)
        let piece = try #require(file.nextPiece())
        #expect((piece.start, piece.end) == (300, 1000))
        #expect(file.nextPiece() == nil)
        piece.position = 700
        #expect(file.contiguousBytes == 700)
    }

    @Test("Nothing is begun of a file that is all there, or empty")
    func nothing() {
        #expect(file(bytes: 0).nextPiece() == nil)
        #expect(file(bytes: 10, from: 10).nextPiece() == nil)
        #expect(file(bytes: 10, from: 10).contiguousBytes == 10)
    }

    @Test("Whatever order chunks end in, the file's size tells at least what is in place", arguments: 0..<50)
    func promise(seed: UInt64) throws {
        var random = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ bound: Int) -> Int {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return Int(random % UInt64(bound))
        }
        let bytes = ChunkPlan.streamBytesMax + 1 + next(20 * ChunkPlan.chunkBytes)
        let file = file(bytes: bytes)
        var size = 0
        while true {
            while next(3) > 0, file.nextPiece() != nil {}
            if file.pieces.isEmpty, file.nextPiece() == nil { break }
            #expect(file.pieces.count <= ChunkPlan.window)
            let piece = file.pieces[next(file.pieces.count)]
            let written = 1 + next(piece.end - piece.position)
            piece.position += written
            size = max(size, piece.position)
            if piece.isWhole { file.pieces.removeAll { $0 === piece } }
            // Were the process to die now:
            #expect(ChunkPlan.contiguousBytes(fileSize: size, bytes: bytes) <= file.contiguousBytes)
        }
        #expect(file.contiguousBytes == bytes && size == bytes)
    }
}
