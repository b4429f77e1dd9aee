import TestSupport
import Testing

@testable import Administration

@Suite("Text of keys") struct KeyTextTests {
    static let pairs: [(bytes: [UInt8], text: String)] = [
        (Array("user:1".utf8), "user:1"), ([], ""), ([0, 0x7F, 0xFF], #"\x00\x7f\xff"#), (Array("a\\b".utf8), #"a\\b"#),
        (Array("line\r\n\t".utf8), #"line\r\n\t"#), (Array("naïve €𝄞".utf8), "naïve €𝄞"),
        // Half a character; an override of the direction; a space that looks like another; a mark that joins.
        ([0xE2, 0x82], #"\xe2\x82"#), (Array("\u{202E}".utf8), #"\xe2\x80\xae"#),
        (Array("\u{A0}".utf8), #"\xc2\xa0"#), (Array("e\u{301}".utf8), #"e\xcc\x81"#),
    ]

    @Test("goes both ways", arguments: pairs)
    func bothWays(bytes: [UInt8], text: String) {
        #expect(KeyText.text(of: bytes) == text)
        #expect(KeyText.bytes(of: text) == bytes)
    }

    @Test("goes both ways for any bytes")
    func anyBytes() {
        var random = SeededRandom(seed: 7)
        for length in 0..<300 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(KeyText.bytes(of: KeyText.text(of: bytes)) == bytes)
        }
    }

    @Test("refuses a backslash that begins nothing", arguments: [#"\"#, #"a\q"#, #"\x"#, #"\x1"#, #"\xg0"#, #"\x1G"#])
    func refuses(text: String) { #expect(KeyText.bytes(of: text) == nil) }

    @Test("takes hexadecimal digits of either case")
    func either() { #expect(KeyText.bytes(of: #"\xAb"#) == [0xAB]) }
}

@Suite("Quantities") struct QuantityTests {
    @Test(
        "of things have commas",
        arguments: zip([0, 999, 1_000, 1_234_567, -1_000], ["0", "999", "1,000", "1,234,567", "-1,000"]))
    func count(number: Int, text: String) { #expect(Quantity.count(number) == text) }

    @Test(
        "of bytes have the largest unit, and three digits",
        arguments: zip(
            [0, 1_023, 1_024, 2_555_904, 1_023 << 20, (1_024 << 20) - 1, 31 << 30, 3 << 40],
            ["0 B", "1023 B", "1 KiB", "2.44 MiB", "1023 MiB", "1 GiB", "31 GiB", "3 TiB"]))
    func bytes(number: Int, text: String) { #expect(Quantity.bytes(number) == text) }

    @Test(
        "of time have the largest unit",
        arguments: zip(
            [
                0, 850, 999, 1_000, 12_345, 999_499, 999_500, 41_000_000, 2_500_000_000, 119_000_000_000,
                300_000_000_000,
            ],
            ["0 ns", "850 ns", "999 ns", "1 µs", "12.3 µs", "999 µs", "1 ms", "41 ms", "2.5 s", "119 s", "5 min"]))
    func duration(nanoseconds: UInt64, text: String) { #expect(Quantity.duration(nanoseconds: nanoseconds) == text) }

    @Test(
        "of age have at least two of the unit",
        arguments: zip(
            [-5, 0, 119, 120, 7_199, 7_200, 172_799, 172_800],
            ["0 s", "0 s", "119 s", "2 min", "119 min", "2 h", "47 h", "2 d"]))
    func age(seconds: Int, text: String) { #expect(Quantity.age(seconds: seconds) == text) }

    @Test("of shares say 100 % for all alone")
    func share() {
        #expect(Quantity.share(1, of: 0) == "–" && Quantity.share(3, of: 3) == "100.00 %")
        #expect(Quantity.share(999_999, of: 1_000_000) == "99.99 %" && Quantity.share(1, of: 200) == "0.50 %")
    }
}
