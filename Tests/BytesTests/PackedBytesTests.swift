import Bytes
import Testing

@Suite struct PackedBytesTests {
    @Test("Up to eight bytes at any place are one number, the first lowest, and no byte beyond them counts")
    func packed() {
        let bytes = (0..<24).map { UInt8($0 * 11 + 1) }
        for offset in 0...16 {
            for count in 0...8 {
                var expected: UInt64 = 0
                for index in (0..<count).reversed() { expected = expected << 8 | UInt64(bytes[offset + index]) }
                #expect(bytes.span.packed(at: offset, count: count) == expected)
                #expect(Array(bytes[offset..<offset + count]).span.packed(at: 0, count: count) == expected)
            }
        }
    }

    @Test("Frames, headers and short texts go into a buffer of any fill without disturbing what is there")
    func framing() {
        for fill in 0..<70 {
            var buffer = ByteBuffer(capacity: 64)
            for _ in 0..<fill { buffer.append(UInt8(ascii: "x")) }
            buffer.appendHeader(UInt8(ascii: ":"), -42)
            buffer.appendFrame(UInt8(ascii: "="), prefix: "txt:", "value".utf8.span)
            buffer.append(packed: 0x0a0d, count: 2)
            buffer.append(decimal: 9_876_543_210)
            var text = ""
            let content = buffer.span
            for index in content.indices { text.unicodeScalars.append(Unicode.Scalar(content[index])) }
            #expect(text == String(repeating: "x", count: fill) + ":-42\r\n=9\r\ntxt:value\r\n\r\n9876543210")
        }
    }

    @Test("The digits of a number are counted right around every power of ten")
    func digitCounts() {
        var power: UInt = 1
        for digits in 1...19 {
            #expect(ByteBuffer.decimalDigitCount(of: power) == digits)
            power *= 10
            #expect(ByteBuffer.decimalDigitCount(of: power - 1) == digits)
        }
        #expect(ByteBuffer.decimalDigitCount(of: .max) == 20)
        #expect(ByteBuffer.decimalDigitCount(of: 0) == 1)
    }
}
