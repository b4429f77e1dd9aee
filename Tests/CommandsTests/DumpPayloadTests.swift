import Bytes
import RESP
import TestSupport
import Testing

@testable import Commands

private func payload(_ value: [UInt8]) -> String { written { DumpPayload.write(value.span, to: &$0) } }

private func checksum(_ bytes: [UInt8]) -> UInt64 {
    var checksum = CRC64()
    checksum.update(bytes.span)
    return checksum.value
}

@Suite struct DumpPayloadTests {
    @Test("The checksum has its published check value, and is the same in any pieces")
    func checksums() {
        #expect(checksum(Array("123456789".utf8)) == 0xe9c6_d914_c4b8_d9ca)
        #expect(checksum([]) == 0)
        var random = SeededRandom(seed: 31)
        for _ in 0..<200 {
            let bytes = random.bytes(random.pick(0...100))
            // A bit at a time.
            var expected: UInt64 = 0
            for byte in bytes {
                expected ^= UInt64(byte)
                for _ in 0..<8 { expected = expected >> 1 ^ (expected & 1 == 1 ? 0x95ac_9329_ac4b_c9b5 : 0) }
            }
            #expect(checksum(bytes) == expected)
            let cut = random.pick(0...bytes.count)
            let (head, tail) = (Array(bytes[..<cut]), Array(bytes[cut...]))
            var pieces = CRC64()
            pieces.update(head.span)
            pieces.update(tail.span)
            #expect(pieces.value == expected)
        }
    }

    @Test(
        "Payloads are those of redis-server 7.0.15 without compression",
        arguments: [
            ("", "\0\0\n\0]\u{9b}\\@\u{0f}\u{7f}\u{a2}\u{da}"),
            ("abc", "\0\u{03}abc\n\0\u{d9}\u{ac}0=Ar\u{a2}\u{e2}"),
            ("1", "\0\u{c0}\u{01}\n\0&x\u{e7}\u{b6}\u{d1}\u{01}\u{11}\u{fc}"),
            ("-5", "\0\u{c0}\u{fb}\n\0I\u{c4}\u{c6}\u{f4}\u{d7}&?h"),
            ("300", "\0\u{c1},\u{01}\n\0\u{95}Ba\u{f2}e\u{82}\\\u{10}"),
            ("70000", "\0\u{c2}p\u{11}\u{01}\0\n\0\u{01}\u{a4}\u{08}\u{fe}\u{95}0\u{95}\u{a5}"),
            ("12345678901", "\0\u{0b}12345678901\n\u{00}0NR\u{d7}'\u{17}e\u{10}"),
            ("hello world this is long", "\0\u{18}hello world this is long\n\0\u{b9}\u{8b}\u{1d}d\u{a1}\u{e2}OL"),
        ])
    func recorded(value: String, expected: String) {
        #expect(payload(Array(value.utf8)) == "$\(expected.unicodeScalars.count)\r\n\(expected)\r\n")
    }

    @Test(
        "Lengths take as few bytes as they need",
        arguments: [
            (63, [63]), (64, [0x40, 64]), (16_383, [0x7f, 0xff]), (16_384, [0x80, 0, 0, 0x40, 0]),
            (70_000, [0x80, 0, 1, 0x11, 0x70]),
        ] as [(Int, [UInt8])])
    func lengths(count: Int, expected: [UInt8]) {
        let reply = Array(payload([UInt8](repeating: 120, count: count)).unicodeScalars.map { UInt8($0.value) })
        let payload = Array(reply.drop { $0 != 10 }.dropFirst().dropLast(2))
        #expect(Array(payload.prefix(expected.count + 1)) == [0] + expected)
        #expect(payload.count == 1 + expected.count + count + 10)
        #expect(checksum(Array(payload.dropLast(8))).littleEndianBytes == Array(payload.suffix(8)))
    }
}

extension UInt64 {
    fileprivate var littleEndianBytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) } }
}
