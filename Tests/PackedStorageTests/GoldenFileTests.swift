import Foundation
import PackedStorage
import Testing

/// Versions that were written when their revision of the format was made; they must be readable for ever.
///
/// `rows.jsonl` beside the segments holds their rows as `almanac build` reads them.
@Suite("Golden files")
struct GoldenFileTests {
    private static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Golden"

    private struct Row: Decodable {
        var key: String?
        var key_base64: Data?
        var value: String?
        var value_base64: Data?
    }

    private func rows(_ name: String) throws -> [[UInt8]: [UInt8]] {
        let text = try String(contentsOfFile: "\(Self.directory)/\(name)/rows.jsonl", encoding: .utf8)
        var rows: [[UInt8]: [UInt8]] = [:]
        for line in text.split(separator: "\n") {
            let row = try JSONDecoder().decode(Row.self, from: Data(line.utf8))
            let key = try #require(row.key_base64.map(Array.init) ?? row.key.map { Array($0.utf8) })
            let value = try #require(row.value_base64.map(Array.init) ?? row.value.map { Array($0.utf8) })
            rows[key] = value
        }
        return rows
    }

    private func segments(at path: String) throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".packed") }
        return Dictionary(
            uniqueKeysWithValues: try names.map { ($0, try Data(contentsOf: URL(fileURLWithPath: "\(path)/\($0)"))) })
    }

    @Test("hold their rows, each where a look-up and a walk find it", arguments: ["revision-1", "revision-1-zstd"])
    func hold(_ name: String) throws {
        let rows = try rows(name)
        try #require(rows.count > 200)
        #expect(try contents(of: "\(Self.directory)/\(name)") == rows)
    }

    @Test("have lines of every form")
    func forms() throws {
        var forms: Set<DecodedSegment.LineForm> = []
        for name in try segments(at: "\(Self.directory)/revision-1").keys {
            forms.formUnion(try DecodedSegment(path: "\(Self.directory)/revision-1/\(name)").lineForms)
        }
        #expect(forms == [.empty, .narrow, .overflowing, .wide])
    }

    @Test("are what the writer makes of their rows, to the byte")
    func written() throws {
        let golden = try segments(at: "\(Self.directory)/revision-1")
        try #require(golden.count == 4)
        let version = try PackedVersion(rows("revision-1"), segmentCount: golden.count)
        #expect(try segments(at: version.path) == golden)
    }

    // The bytes of compressed values belong to the release of Zstandard that made them.
    @Test("are compressed, with a dictionary, where their name says so")
    func compressed() throws {
        let golden = try segments(at: "\(Self.directory)/revision-1-zstd")
        try #require(golden.count == 2)
        for (name, bytes) in golden {
            _ = try DecodedSegment(path: "\(Self.directory)/revision-1-zstd/\(name)")
            let trailer = Array(bytes.suffix(4096))
            #expect(trailer[12] == 1 && trailer[112..<120].contains { $0 != 0 })
        }
    }
}
