import Bytes
import TestSupport
import Testing

@testable import DatasetBuild

@Suite("Names, numbers and bytes as text") struct TextTests {
    static let paths: [(String, InputFormat?)] = [
        ("a.csv", .csv), ("a.CSV", .csv), ("dir.tsv/a.csv.gz", .csv), ("a.tsv.zst", .tsv), ("a.tab", .tsv),
        ("a.jsonl", .jsonLines), ("a.b.ndjson.zstd", .jsonLines), ("a.resp", .resp), ("a", nil), ("csv", nil),
        ("a.gz", nil), ("a.txt", nil), ("dir.csv/a", nil), ("", nil), ("-", nil), ("a.csv.bak", nil),
    ]

    @Test("tells an input's format by its extension", arguments: paths)
    func formats(_ path: String, _ format: InputFormat?) {
        #expect(InputFormat(path: path) == format)
    }

    static let base64: [(String, [UInt8]?)] = [
        ("", []), ("Zg==", [0x66]), ("Zm8=", [0x66, 0x6F]), ("Zm9v", [0x66, 0x6F, 0x6F]), ("+/+/", [0xFB, 0xFF, 0xBF]),
        ("Zg=", nil), ("Zg", nil), ("Zh==", nil), ("Zm9=", nil), ("====", nil), ("Z===", nil), ("Zg==Zg==", nil),
        ("Zm9v\n", nil), ("-_-_", nil), ("Zm 9", nil),
    ]

    @Test("decodes base64 as RFC 4648 has it, and nothing else", arguments: base64)
    func decodesBase64(_ text: String, _ expected: [UInt8]?) {
        var target = ByteBuffer()
        let bytes = Array(text.utf8)
        let isDecoded = Base64.decode(bytes.span, to: &target)
        #expect(isDecoded == (expected != nil))
        if let expected { #expect(target.span.copied() == expected) }
    }

    static let durations: [(Double, String)] = [
        (0, "0.0 s"), (0.04, "0.0 s"), (59.94, "59.9 s"), (60, "1:00"), (3599.9, "59:59"), (3600, "1:00:00"),
    ]

    @Test("writes durations, sizes and counts", arguments: durations)
    func quantities(_ seconds: Double, _ text: String) {
        #expect(Quantity.duration(.seconds(seconds)) == text)
        #expect(Quantity.bytes(1023) == "1023 B")
        #expect(Quantity.bytes(1536) == "1.5 KiB")
        #expect(Quantity.bytes(5 << 30) == "5.0 GiB")
        #expect(Quantity.grouped(0) == "0")
        #expect(Quantity.grouped(1_234_567) == "1,234,567")
        #expect(Quantity.grouped(-123_456) == "-123,456")
    }

    @Test("tells progress, as much of it as fits", arguments: [1, 10, 40, 60, 80, 200])
    func progress(_ width: Int) {
        var progress = BuildProgress(phase: .reading, total: 4 << 20)
        (progress.done, progress.rows, progress.elapsed) = (1 << 20, 50_000, .seconds(10))
        let whole = "reading  50,000 rows  25 %  30.0 s left  5,000 rows/s  1.0 MiB of 4.0 MiB"
        #expect(progress.line(width: nil) == whole)
        let line = progress.line(width: width)
        #expect(line.count < width)
        #expect(whole.hasPrefix(line))
    }

    @Test("tells progress where the size is not known")
    func progressWithoutTotal() {
        var progress = BuildProgress(phase: .reading, total: nil)
        (progress.done, progress.rows, progress.elapsed) = (1 << 20, 50_000, .seconds(10))
        #expect(progress.line(width: nil) == "reading  50,000 rows  5,000 rows/s  1.0 MiB")
    }

    static let printable: [([UInt8], String)] = [
        ([0x61], #""a""#), ([0x22, 0x5C], #""\"\\""#), ([0x0A, 0x00], #""\x0a\x00""#), ([0xC3, 0xA9], "\"é\""),
        ([0xC3, 0x61], #""\xc3a""#), ([0xC2, 0x9B], #""\xc2\x9b""#), ([0x1B, 0x5B], #""\x1b[""#), ([], "\"\""),
    ]

    @Test("shows bytes without what could upset a terminal", arguments: printable)
    func shows(_ bytes: [UInt8], _ text: String) {
        #expect(Printable.text(bytes.span) == text)
    }

    @Test("cuts what is long")
    func cuts() {
        let bytes = [UInt8](repeating: 0x61, count: 100)
        #expect(Printable.text(bytes.span, limit: 3) == "\"aaa\"… (100 bytes)")
    }

    @Test("compares bytes as memcmp does, and prefixes as the bytes they stand for")
    func compares() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<2000 {
            func bytes() -> [UInt8] {
                (0..<Int.random(in: 0...12, using: &random)).map { _ in
                    [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
                }
            }
            let (left, right) = (bytes(), bytes())
            let order = left.span.compare(right.span)
            #expect((order < 0) == left.lexicographicallyPrecedes(right))
            #expect((order == 0) == (left == right))
            let start = left.span.commonPrefixCount(right.span, max: 2)
            let (first, second) = (left.span.sortablePrefix(from: start), right.span.sortablePrefix(from: start))
            if first != second { #expect((first < second) == (order < 0)) }
        }
    }
}
