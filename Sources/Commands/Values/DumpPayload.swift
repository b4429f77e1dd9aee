import Bytes
import RESP

/// A string value in the form that `RESTORE` takes: a type, the value, a version and a checksum.
///
/// As Redis makes it, except that nothing is compressed, which every `RESTORE` takes as well.
enum DumpPayload {
    /// The version of Redis 7.0's files: older servers refuse it, all newer ones take it.
    private static let version: UInt8 = 10

    /// Appends the payload for `value` as a bulk string.
    static func write(_ value: Span<UInt8>, to reply: inout ReplyWriter) {
        var head: [UInt8] = [0]
        var body = value
        if value.count <= integerDigitsMax, let number = Int(decimal: value), let packed = integer(number) {
            head += packed
            body = Span()
        } else {
            head += length(value.count)
        }
        let tail: [UInt8] = [version, 0]
        var checksum = CRC64()
        checksum.update(head.span)
        checksum.update(body)
        checksum.update(tail.span)
        // A bulk string in pieces, as the value may be too long to copy more than once.
        reply.output.appendHeader(UInt8(ascii: "$"), head.count + body.count + tail.count + 8)
        reply.output.append(head.span)
        reply.output.append(body)
        reply.output.append(tail.span)
        reply.output.append(packed: checksum.value, count: 8)
        reply.output.append(packed: 0x0a0d, count: 2)
    }

    /// A small number in binary, or `nil` for one of more than 32 bits.
    private static func integer(_ number: Int) -> [UInt8]? {
        let count = Int8(exactly: number) != nil ? 1 : Int16(exactly: number) != nil ? 2 : 4
        guard Int32(exactly: number) != nil else { return nil }
        return [0xc0 | UInt8(count >> 1)] + (0..<count).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }

    /// A length in as few bytes as it needs; the first two bits tell how many those are.
    private static func length(_ count: Int) -> [UInt8] {
        if count < 1 << 6 { return [UInt8(count)] }
        if count < 1 << 14 { return [0x40 | UInt8(count >> 8), UInt8(truncatingIfNeeded: count)] }
        let isLong = count > Int(UInt32.max)
        let bytes = isLong ? 8 : 4
        return [isLong ? 0x81 : 0x80]
            + (0..<bytes).reversed().map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) }
    }

    /// Longer texts are never tried as numbers.
    private static let integerDigitsMax = 11
}
