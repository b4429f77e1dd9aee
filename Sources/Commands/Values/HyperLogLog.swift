import Bytes
import RESP

/// How many different elements were added to some sets, from values that `PFADD` made.
///
/// A value is a header of 16 bytes (`HYLL`, the encoding, three bytes unused, and the last count, whose highest bit
/// says that it is out of date) and 16,384 registers: six bits each, or as runs of equal registers.
struct HyperLogLog {
    /// Why a value has no registers.
    enum Failure: Error {
        /// It is another kind of string.
        case otherString
        /// The runs do not make up the registers.
        case corrupt

        /// Redis's words.
        var text: StaticString {
            switch self {
            case .otherString: "WRONGTYPE Key is not a valid HyperLogLog string value."
            case .corrupt: "INVALIDOBJ Corrupted HLL object detected"
            }
        }
    }

    /// The largest that each register has been in the values added.
    private var registers = [UInt8](repeating: 0, count: Self.registerCount)

    private static let registerCount = 1 << 14
    private static let headerBytes = 16
    private static let denseBytes = headerBytes + registerCount * 6 / 8
    /// Bits of a hash that do not choose the register: the largest register is one more.
    private static let countedBits = 50

    /// The count that a value holds, unless it is out of date.
    static func storedCount(of value: Span<UInt8>) throws(Failure) -> Int? {
        _ = try isDense(value)
        let count = value.packed(at: 8, count: 8)
        return count >> 63 == 0 ? Int(count) : nil
    }

    private static func isDense(_ value: Span<UInt8>) throws(Failure) -> Bool {
        guard value.count >= headerBytes, value.extracting(0..<4).elementsEqual("HYLL"), value[4] <= 1 else {
            throw .otherString
        }
        let isDense = value[4] == 0
        guard !isDense || value.count == denseBytes else { throw .otherString }
        return isDense
    }

    /// Adds the elements behind a value.
    mutating func merge(_ value: Span<UInt8>) throws(Failure) {
        let body = value.extracting(Swift.min(Self.headerBytes, value.count)...)
        if try Self.isDense(value) { mergeDense(body) } else { try mergeSparse(body) }
    }

    /// Four registers lie in three bytes, the first in the lowest bits.
    private mutating func mergeDense(_ body: Span<UInt8>) {
        for group in 0..<Self.registerCount / 4 {
            let packed = body.packed(at: group * 3, count: 3)
            for place in 0..<4 {
                let register = UInt8(truncatingIfNeeded: packed >> UInt64(place * 6)) & 63
                let index = group * 4 + place
                registers[index] = Swift.max(registers[index], register)
            }
        }
    }

    /// `00xxxxxx` is a run of zeros, `01xxxxxx xxxxxxxx` a longer one, `1vvvvvxx` up to four registers of one value.
    private mutating func mergeSparse(_ body: Span<UInt8>) throws(Failure) {
        var register = 0
        var offset = 0
        while offset < body.count {
            let code = Int(body[offset])
            offset += 1
            switch code >> 6 {
            case 0: register += code & 63 + 1
            case 1:
                // Redis reads the zero behind a value that ends too early.
                register += (code & 63) << 8 + (offset < body.count ? Int(body[offset]) : 0) + 1
                offset += 1
            default:
                let end = register + code & 3 + 1
                let value = UInt8(code >> 2 & 31 + 1)
                guard end <= Self.registerCount else { throw .corrupt }
                while register < end {
                    registers[register] = Swift.max(registers[register], value)
                    register += 1
                }
            }
        }
        guard register == Self.registerCount else { throw .corrupt }
    }

    /// The number of different elements, estimated from the registers as Ertl does ("New cardinality estimation
    /// algorithms for HyperLogLog sketches", 2017).
    var count: Int {
        var counts = [Double](repeating: 0, count: 64)
        for register in registers { counts[Int(register)] += 1 }
        let total = Double(Self.registerCount)
        var sum = total * Self.tau((total - counts[Self.countedBits + 1]) / total)
        for value in stride(from: Self.countedBits, through: 1, by: -1) { sum = (sum + counts[value]) * 0.5 }
        sum += total * Self.sigma(counts[0] / total)
        // 1 / (2 ln 2).
        let estimate = (0.721347520444481703680 * total * total / sum).rounded()
        // Only registers that no hash makes leave nothing to divide by; Redis's conversion then gives the least number.
        return Int(exactly: estimate) ?? .min
    }

    private static func sigma(_ start: Double) -> Double {
        if start == 1 { return .infinity }
        var (x, y, sum, before) = (start, 1.0, start, Double.nan)
        while sum != before {
            before = sum
            x *= x
            sum += x * y
            y += y
        }
        return sum
    }

    private static func tau(_ start: Double) -> Double {
        if start == 0 || start == 1 { return 0 }
        var (x, y, sum, before) = (start, 1.0, 1 - start, Double.nan)
        while sum != before {
            before = sum
            x = x.squareRoot()
            y *= 0.5
            sum -= (1 - x) * (1 - x) * y
        }
        return sum / 3
    }
}

/// `PFCOUNT key [key …]`.
enum HyperLogLogCommands {
    static func count(keys: Int) -> Computation {
        guard keys == 1 else { return .folding(weigh: weight) { UnionCount() } }
        return Computation(weigh: weight) { values, reply in
            values.withValue(0) { write(countOf: $0, to: &reply) } ?? reply.integer(0)
        }
    }

    private static func write(countOf value: Span<UInt8>, to reply: inout ReplyWriter) {
        do throws(HyperLogLog.Failure) {
            if let stored = try HyperLogLog.storedCount(of: value) { return reply.integer(stored) }
            var registers = HyperLogLog()
            try registers.merge(value)
            reply.integer(registers.count)
        } catch {
            reply.error(error.text)
        }
    }

    /// Elements that any of several values counts.
    private struct UnionCount: ValueFold {
        private var union = HyperLogLog()
        private var failure: HyperLogLog.Failure?

        mutating func add(_ values: FoundValues) -> Bool {
            for index in 0..<values.count where failure == nil {
                failure =
                    values.withValue(index) { value in
                        do throws(HyperLogLog.Failure) {
                            try union.merge(value)
                            return nil
                        } catch {
                            return error
                        }
                    } ?? nil
            }
            return failure == nil
        }

        func write(to reply: inout ReplyWriter) {
            if let failure { reply.error(failure.text) } else { reply.integer(union.count) }
        }
    }

    /// Counting registers and merging them takes about as long as looking at so many bytes for each value.
    private static func weight(of values: FoundValues) -> Int { (values.foundCount + 1) * (32 << 10) }
}
