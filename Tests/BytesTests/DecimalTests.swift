import Bytes
import TestSupport
import Testing

@Suite struct DecimalTests {
    @Test(
        "Numbers are read in the one way of writing them that Redis accepts",
        arguments: [
            ("0", 0), ("1", 1), ("-1", -1), ("9", 9), ("10", 10), ("1234567890", 1_234_567_890),
            ("9223372036854775806", Int.max - 1), ("9223372036854775807", Int.max),
            ("-9223372036854775807", Int.min + 1), ("-9223372036854775808", Int.min),
            ("1000000000000000000", 1_000_000_000_000_000_000),
        ])
    func readable(text: String, value: Int) {
        #expect(Int(decimal: Array(text.utf8).span) == value)
    }

    @Test(
        "Any other text is no number",
        arguments: [
            "", "-", "+", "+1", "-0", "00", "01", "-01", " 1", "1 ", "1x", "x1", "1.0", "1e3", "0x10", "--1", "1-",
            "9223372036854775808", "-9223372036854775809", "9999999999999999999", "18446744073709551616",
            "99999999999999999999", "-99999999999999999999", "100000000000000000000", "1\0", "\0", "/", ":", "1/", "1:",
            "１",
        ])
    func unreadable(text: String) {
        #expect(Int(decimal: Array(text.utf8).span) == nil)
    }

    @Test("Every number around a power of ten or of two is read back as it was written")
    func roundTrips() {
        var values: [Int] = []
        for bit in 0..<63 { values += [1 << bit, (1 << bit) - 1, (1 << bit) + 1] }
        var power = 1
        for _ in 0..<18 {
            power *= 10
            values += [power - 1, power, power + 1]
        }
        for value in values {
            #expect(Int(decimal: Array("\(value)".utf8).span) == value)
            #expect(Int(decimal: Array("\(-value)".utf8).span) == -value)
        }
    }

    @Test("Numbers without a sign are written with all their digits, and no more")
    func writing() {
        for value: UInt in [0, 9, 10, 99, 100, 9_999, 10_000, 99_999_999, 100_000_000, UInt.max / 10, UInt.max] {
            var buffer = ByteBuffer()
            buffer.append(decimal: value)
            #expect(Array(copying: buffer.span) == Array("\(value)".utf8))
            #expect(ByteBuffer.decimalDigitCount(of: value) == "\(value)".count)
        }
    }
}
