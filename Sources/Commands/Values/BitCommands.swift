import Bytes
import RESP

/// `GETBIT`, `BITCOUNT`, `BITPOS` and `BITFIELD_RO`: what their arguments ask for, made into computations.
enum BitCommands {
    /// The bits before this one can be asked for, as Redis limits them where values are 512 MiB at most.
    private static let offsetEnd = 1 << 32

    private static let invalidOffset: StaticString = "ERR bit offset is not an integer or out of range"

    /// `GETBIT key offset`.
    static func bit(_ request: borrowing Request) throws(CommandError) -> Computation {
        let offset = try offset(request[2], fieldBits: nil)
        return .quick { values, reply in
            let bit = values.withValue(0) { $0.bitField(at: offset, count: 1) } ?? 0
            reply.integer(Int(truncatingIfNeeded: bit))
        }
    }

    // MARK: BITCOUNT and BITPOS

    /// What arguments mean that are looked at only once the key is known to be there.
    private enum Wanted {
        case bits(BitRange)
        /// No bits at all.
        case nothing
        case failure(StaticString)
    }

    /// `BITCOUNT key [start end [BYTE | BIT]]`.
    static func count(_ request: borrowing Request) -> Computation {
        let wanted = countedRange(request)
        return Computation(weigh: { values in
            guard case .bits(let range) = wanted else { return 0 }
            return values.withValue(0) { (range.bits(of: $0.count)?.count ?? 0) >> 3 } ?? 0
        }) { values, reply in
            let count = values.withValue(0) { value in
                guard case .bits(let range) = wanted, let bits = range.bits(of: value.count) else { return 0 }
                return value.setBitCount(in: bits)
            }
            if case .failure(let text) = wanted, count != nil {
                reply.error(text)
            } else {
                reply.integer(count ?? 0)
            }
        }
    }

    private static func countedRange(_ request: borrowing Request) -> Wanted {
        guard request.count > 2 else { return .bits(.whole) }
        guard request.count == 4 || request.count == 5 else { return .failure(ErrorReply.syntax) }
        guard let first = Int(decimal: request[2]), let last = Int(decimal: request[3]) else {
            return .failure(ErrorReply.notAnInteger)
        }
        if first < 0, last < 0, first > last { return .nothing }
        guard request.count == 5 else { return .bits(BitRange(first: first, last: last)) }
        guard let isInBits = BitRange.isInBits(request[4]) else { return .failure(ErrorReply.syntax) }
        return .bits(BitRange(first: first, last: last, isInBits: isInBits))
    }

    /// `BITPOS key bit [start [end [BYTE | BIT]]]`.
    static func position(_ request: borrowing Request) throws(CommandError) -> Computation {
        guard let bit = Int(decimal: request[2]) else { throw CommandError(ErrorReply.notAnInteger) }
        guard bit == 0 || bit == 1 else { throw CommandError("ERR The bit argument must be 1 or 0.") }
        let wanted = searchedRange(request)
        return Computation(weigh: { values in
            guard case .bits(let range) = wanted else { return 0 }
            return values.withValue(0) { (range.bits(of: $0.count)?.count ?? 0) >> 3 } ?? 0
        }) { values, reply in
            if case .failure(let text) = wanted, values.isFound(0) { return reply.error(text) }
            // A key that is not there is all zeros without end.
            let place = values.withValue(0) { position(of: bit, wanted, in: $0) } ?? (bit == 1 ? -1 : 0)
            reply.integer(place)
        }
    }

    private static func position(of bit: Int, _ wanted: Wanted, in value: Span<UInt8>) -> Int {
        guard case .bits(let range) = wanted, let bits = range.bits(of: value.count) else { return -1 }
        if let found = value.firstBit(bit == 1, in: bits) { return found }
        // Without an end, zeros follow the last byte.
        return bit == 0 && range.last == nil ? bits.upperBound : -1
    }

    private static func searchedRange(_ request: borrowing Request) -> Wanted {
        guard request.count > 3 else { return .bits(.whole) }
        guard request.count <= 6 else { return .failure(ErrorReply.syntax) }
        guard let first = Int(decimal: request[3]) else { return .failure(ErrorReply.notAnInteger) }
        guard request.count > 4 else { return .bits(BitRange(first: first)) }
        var isInBits = false
        if request.count == 6 {
            guard let unit = BitRange.isInBits(request[5]) else { return .failure(ErrorReply.syntax) }
            isInBits = unit
        }
        guard let last = Int(decimal: request[4]) else { return .failure(ErrorReply.notAnInteger) }
        return .bits(BitRange(first: first, last: last, isInBits: isInBits))
    }

    // MARK: BITFIELD_RO

    /// A number inside a value.
    private struct Field: Sendable {
        let isSigned: Bool
        let bitCount: Int
        let first: Int

        func number(in value: Span<UInt8>) -> Int {
            let bits = value.bitField(at: first, count: bitCount)
            let unused = UInt64(64 - bitCount)
            return isSigned ? Int(bitPattern: UInt(bits << unused)) >> Int(unused) : Int(truncatingIfNeeded: bits)
        }
    }

    /// `BITFIELD_RO key [GET encoding offset …]`; what changes a value is refused once it is known to be well-formed.
    static func fields(_ request: borrowing Request) throws(CommandError) -> Computation {
        var fields: [Field] = []
        var isChange = false
        var index = 2
        while index < request.count {
            let left = request.count - index - 1
            let word = request[index]
            if word.equalsIgnoringCase("OVERFLOW"), left >= 1 {
                guard isOverflowType(request[index + 1]) else {
                    throw CommandError("ERR Invalid OVERFLOW type specified")
                }
                index += 2
                continue
            }
            let isGet = word.equalsIgnoringCase("GET") && left >= 2
            let isOther = (word.equalsIgnoringCase("SET") || word.equalsIgnoringCase("INCRBY")) && left >= 3
            guard isGet || isOther else { throw CommandError(ErrorReply.syntax) }
            fields.append(try field(request[index + 1], at: request[index + 2]))
            index += 3
            if isOther {
                guard Int(decimal: request[index]) != nil else { throw CommandError(ErrorReply.notAnInteger) }
                isChange = true
                index += 1
            }
        }
        guard !isChange else { throw CommandError("ERR BITFIELD_RO only supports the GET subcommand") }
        let asked = fields
        return Computation(weigh: { _ in asked.count * fieldWeight }) { values, reply in
            reply.array(count: asked.count)
            for field in asked { reply.integer(values.withValue(0, field.number) ?? 0) }
        }
    }

    private static func isOverflowType(_ word: Span<UInt8>) -> Bool {
        word.equalsIgnoringCase("WRAP") || word.equalsIgnoringCase("SAT") || word.equalsIgnoringCase("FAIL")
    }

    private static func field(_ type: Span<UInt8>, at offset: Span<UInt8>) throws(CommandError) -> Field {
        let isSigned = !type.isEmpty && type[0] == UInt8(ascii: "i")
        // As in C, a zero byte ends the number.
        let end = type.indices.first { type[$0] == 0 } ?? type.count
        guard isSigned || (!type.isEmpty && type[0] == UInt8(ascii: "u")), end > 0,
            let bitCount = Int(decimal: type.extracting(1..<end)), (1...(isSigned ? 64 : 63)).contains(bitCount)
        else {
            throw CommandError(
                """
                ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
                """)
        }
        return Field(
            isSigned: isSigned, bitCount: bitCount, first: try Self.offset(offset, fieldBits: bitCount))
    }

    /// A bit's number; with `fieldBits`, `#` before it counts fields of so many bits instead.
    private static func offset(_ text: Span<UInt8>, fieldBits: Int?) throws(CommandError) -> Int {
        var digits = text
        var unit = 1
        if let fieldBits, !text.isEmpty, text[0] == UInt8(ascii: "#") {
            digits = text.extracting(1...)
            unit = fieldBits
        }
        guard let number = Int(decimal: digits) else { throw CommandError(invalidOffset) }
        let (offset, isOverflow) = number.multipliedReportingOverflow(by: unit)
        guard !isOverflow, (0..<offsetEnd).contains(offset) else { throw CommandError(invalidOffset) }
        return offset
    }

    /// Reading a field takes about as long as looking at so many bytes.
    private static let fieldWeight = 64
}
