import Bytes
import CZlib
import CZstd
import Testing

@testable import DatasetBuild

@Suite("Inputs and compression") struct InputReaderTests {
    static let text = Array(String(repeating: "a row of the input, again and again\n", count: 40_000).utf8)

    enum Tool: Sendable, CaseIterable {
        case gzip
        case zstd

        func compress(_ bytes: [UInt8]) -> [UInt8] { self == .gzip ? gzip(bytes) : zstd(bytes) }

        private func gzip(_ bytes: [UInt8]) -> [UInt8] {
            var bytes = bytes
            var stream = unsafe z_stream()
            let windowBits = MAX_WBITS + 16
            var status = unsafe deflateInit2_(
                &stream, 6, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size))
            precondition(status == Z_OK)
            var result = [UInt8](repeating: 0, count: bytes.count + 1024)
            let filled = unsafe bytes.withUnsafeMutableBufferPointer { source in
                unsafe result.withUnsafeMutableBufferPointer { target in
                    unsafe (stream.next_in, stream.avail_in) = (source.baseAddress, UInt32(source.count))
                    unsafe (stream.next_out, stream.avail_out) = (target.baseAddress, UInt32(target.count))
                    status = unsafe deflate(&stream, Z_FINISH)
                    return unsafe target.count - Int(stream.avail_out)
                }
            }
            precondition(status == Z_STREAM_END)
            unsafe deflateEnd(&stream)
            return Array(result[..<filled])
        }

        private func zstd(_ bytes: [UInt8]) -> [UInt8] {
            var result = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
            let filled = unsafe bytes.withUnsafeBytes { source in
                unsafe result.withUnsafeMutableBytes { target in
                    unsafe ZSTD_compress(target.baseAddress, target.count, source.baseAddress, source.count, 3)
                }
            }
            precondition(ZSTD_isError(filled) == 0)
            return Array(result[..<filled])
        }
    }

    private func read(_ path: String) throws -> [UInt8] {
        let monitor = BuildMonitor(output: .none)
        var reader = try InputReader.open(path, monitor: monitor)
        var buffer = ByteBuffer()
        while try reader.read(to: &buffer, monitor: monitor) {}
        return buffer.span.copied()
    }

    @Test("reads plain files of any length", arguments: [0, 1, 2, 3, 4, 5, 262_143, 262_144, 262_145, 1_000_000])
    func plain(_ count: Int) throws {
        let scratch = try ScratchDirectory()
        let bytes = Array(Self.text.prefix(count))
        #expect(try read(scratch.file("plain", bytes)) == bytes)
    }

    @Test("expands members and frames that follow each other, whatever the file is called", arguments: Tool.allCases)
    func members(_ tool: Tool) throws {
        let scratch = try ScratchDirectory()
        let parts = [Self.text, [], Array("tail".utf8), [UInt8](repeating: 0, count: 3_000_000)]
        let bytes = parts.flatMap { tool.compress($0) }
        #expect(try read(scratch.file("looks-plain.csv", bytes)) == parts.flatMap { $0 })
    }

    @Test("refuses compressed data that was cut off anywhere", arguments: Tool.allCases)
    func truncated(_ tool: Tool) throws {
        let scratch = try ScratchDirectory()
        let whole = tool.compress(Array("some text that is short enough".utf8))
        for count in Compression.magicByteCount..<whole.count {
            let path = try scratch.file("cut", Array(whole.prefix(count)))
            #expect {
                try read(path)
            } throws: { error in
                "\(error)".hasSuffix("the compressed data was cut off: its end is missing")
            }
        }
    }

    @Test("refuses damaged compressed data", arguments: Tool.allCases)
    func damaged(_ tool: Tool) throws {
        let scratch = try ScratchDirectory()
        var bytes = tool.compress(Self.text)
        for index in bytes.count / 2..<bytes.count / 2 + 8 { bytes[index] ^= 0xFF }
        let path = try scratch.file("damaged", bytes)
        #expect(throws: BuildError.self) { try read(path) }
    }

    @Test("passes over zeros behind gzip data, and refuses anything else")
    func trailing() throws {
        let scratch = try ScratchDirectory()
        let bytes = Tool.gzip.compress([0x61])
        #expect(try read(scratch.file("padded", bytes + [0, 0, 0, 0, 0])) == [0x61])
        let path = try scratch.file("more", bytes + Array("more".utf8))
        #expect {
            try read(path)
        } throws: { error in
            "\(error)".hasSuffix("there is something else behind the gzip data")
        }
    }

    @Test("passes over a skippable frame before zstd data")
    func skippable() throws {
        let scratch = try ScratchDirectory()
        let frame: [UInt8] = [0x5A, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 9, 9]
        #expect(try read(scratch.file("zst", frame + Tool.zstd.compress([0x61]))) == [0x61])
    }

    @Test("tells what cannot be read")
    func unreadable() throws {
        let scratch = try ScratchDirectory()
        #expect(throws: BuildError(.inputOutput, "cannot read \(scratch.path)/no: No such file or directory")) {
            try read("\(scratch.path)/no")
        }
        #expect(throws: BuildError(.usage, "\(scratch.path) is a directory; name the files in it")) {
            try read(scratch.path)
        }
    }
}
