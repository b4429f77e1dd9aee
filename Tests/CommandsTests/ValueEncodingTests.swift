import Testing

@testable import Commands

@Suite struct ValueEncodingTests {
    @Test(
        "Values are kept as Redis keeps them",
        arguments: [
            ("", "embstr", 1), ("0", "int", Int(Int32.max)), ("9999", "int", Int(Int32.max)), ("10000", "int", 1),
            ("-1", "int", 1), ("01", "embstr", 1), ("+1", "embstr", 1), ("9223372036854775807", "int", 1),
            ("-9223372036854775808", "int", 1), ("9223372036854775808", "embstr", 1),
            (String(repeating: "x", count: 44), "embstr", 1), (String(repeating: "x", count: 45), "raw", 1),
        ])
    func encodings(value: String, name: String, referenceCount: Int) {
        let encoding = ValueEncoding(value.utf8.span)
        #expect(encoding.name.description == name)
        #expect(encoding.referenceCount == referenceCount)
    }

    // Recorded from redis-server 7.0.15 with jemalloc, for the key `m`.
    @Test(
        "Memory is estimated as Redis 7.0 measures it",
        arguments: [
            (0, 64), (7, 64), (13, 80), (30, 96), (44, 96), (45, 112), (61, 128), (64, 128), (100, 160), (125, 208),
            (200, 272), (253, 368), (300, 368), (1_000, 1_072), (5_000, 5_168), (10_000, 10_288),
            (1_000_000, 1_048_624),
        ])
    func memory(count: Int, bytes: Int) {
        let value = [UInt8](repeating: 120, count: count)
        #expect(ValueEncoding(value.span).memoryBytes(keyByteCount: 1) == bytes)
    }

    @Test("Numbers take none for their digits, and long keys take more")
    func memoryOfKeys() {
        let number = ValueEncoding("123456789".utf8.span)
        #expect([1, 6, 14, 31, 32, 300].map(number.memoryBytes) == [48, 48, 56, 88, 88, 360])
    }
}
