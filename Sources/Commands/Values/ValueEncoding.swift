import Bytes

/// How Redis would keep a string in memory: what `OBJECT` and `MEMORY USAGE` tell of a value.
///
/// Nothing is kept like that here. Tools compare such figures between servers, so they get those of a Redis that
/// has loaded the same data.
enum ValueEncoding {
    /// A number in the place of a pointer.
    case integer(Int)
    /// In one piece of memory with its header.
    case embedded(byteCount: Int)
    case raw(byteCount: Int)

    init(_ value: Span<UInt8>) {
        if let number = Int(decimal: value) {
            self = .integer(number)
        } else {
            self =
                value.count <= Self.embeddedBytesMax
                ? .embedded(byteCount: value.count) : .raw(byteCount: value.count)
        }
    }

    /// As `OBJECT ENCODING` spells it.
    var name: StaticString {
        switch self {
        case .integer: "int"
        case .embedded: "embstr"
        case .raw: "raw"
        }
    }

    /// How many keys refer to the value: small numbers are shared by all that have them, which counts as 2^31 - 1.
    var referenceCount: Int {
        if case .integer(0..<10_000) = self { return Int(Int32.max) }
        return 1
    }

    /// Bytes of memory that Redis 7.0 with jemalloc takes for the value and a key of so many bytes.
    func memoryBytes(keyByteCount: Int) -> Int {
        let value =
            switch self {
            case .integer: Self.objectBytes
            case .embedded(let count): Self.allocation(Self.objectBytes + 3 + count + 1)
            case .raw(let count): Self.objectBytes + Self.allocation(Self.headerBytes(count) + count + 1)
            }
        let keyHeader = (1..<32).contains(keyByteCount) ? 1 : Self.headerBytes(keyByteCount)
        return value + Self.allocation(keyHeader + keyByteCount + 1) + Self.entryBytes
    }

    /// The header of a string, which holds its length and its capacity in as few bytes as they need.
    private static func headerBytes(_ count: Int) -> Int {
        count < 1 << 8 ? 3 : count < 1 << 16 ? 5 : count < 1 << 32 ? 9 : 17
    }

    /// What jemalloc sets aside for so many bytes: multiples of 16, then four sizes to each doubling.
    private static func allocation(_ byteCount: Int) -> Int {
        if byteCount <= 8 { return 8 }
        let step = byteCount <= 128 ? 16 : 1 << (Int.bitWidth - (byteCount - 1).leadingZeroBitCount - 3)
        return (byteCount + step - 1) / step * step
    }

    private static let embeddedBytesMax = 44
    private static let objectBytes = 16
    /// Of the table of all keys.
    private static let entryBytes = 24
}
