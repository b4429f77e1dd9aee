public import Bytes

/// A command's name in a fixed size, equal whatever its case, made without allocating.
@frozen public struct CommandName: Equatable, Sendable, BitwiseCopyable {
    /// Lower-cased bytes, the first lowest in the first word; the count is the top byte of the last.
    @usableFromInline let words: (UInt64, UInt64, UInt64)

    /// The longest name that can be told, in bytes; no command of any Redis is longer than 20.
    public static var bytesMax: Int { 23 }

    /// `nil` where no command can have the name: nothing, or more than ``bytesMax`` bytes.
    @inlinable @inline(__always) public init?(_ bytes: Span<UInt8>) {
        let count = bytes.count
        guard count > 0 && count <= Self.bytesMax else { return nil }
        let top = UInt64(count) << 56
        if count <= 8 {
            words = (Self.lowercased(bytes.packed(at: 0, count: count)), 0, top)
        } else if count <= 16 {
            words = (
                Self.lowercased(bytes.packed(at: 0, count: 8)),
                Self.lowercased(bytes.packed(at: 8, count: count - 8)), top
            )
        } else {
            words = (
                Self.lowercased(bytes.packed(at: 0, count: 8)), Self.lowercased(bytes.packed(at: 8, count: 8)),
                Self.lowercased(bytes.packed(at: 16, count: count - 16)) | top
            )
        }
    }

    public init?(_ name: String) { self.init(name.utf8.span) }

    @inlinable @inline(__always) public static func == (left: Self, right: Self) -> Bool {
        (left.words.0 ^ right.words.0) | (left.words.1 ^ right.words.1) | (left.words.2 ^ right.words.2) == 0
    }

    /// Well spread in its high bits; names of one table differ little, so all bytes take part.
    @inlinable @inline(__always) var hash: UInt64 {
        let mixed = words.0 ^ (words.1 &* 0x9e37_79b9_7f4a_7c15) ^ (words.2 &* 0xc2b2_ae3d_27d4_eb4f)
        return (mixed ^ mixed >> 32) &* 0xd6e8_feb8_6659_fd93
    }

    /// Adds 32 to each byte that is an ASCII capital, all eight at once.
    @inlinable @inline(__always) static func lowercased(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        // The top bit of each byte says in turn: not below `A`; above `Z`; not ASCII.
        let low = word & (0x7f &* ones)
        let notBelow = low &+ (UInt64(0x80 - 0x41) &* ones)
        let above = low &+ (UInt64(0x80 - 0x5b) &* ones)
        let capitals = notBelow & ~above & ~word & (0x80 &* ones)
        return word | capitals >> 2
    }
}
