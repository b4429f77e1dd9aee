/// Keys made for a hash of the packed format, by running XXH3 backwards for keys of 8 and of 16 bytes.
public enum CraftedKeys {
    /// Three keys whose XXH3 is `hash`.
    public static func keys(withHash hash: UInt64) -> [[UInt8]] {
        let sum = beforeAvalanche(hash) &- 16
        // Of 16 bytes, one half is made to count for nothing, and the other gives the hash.
        let flips =
            (low: 0x1F67_B3B7_A4A4_4072 ^ 0x78E5_C0CC_4EE6_79CB, high: 0x2172_FFCC_7DD0_5A82 ^ 0x8E24_43F7_7446_08B8)
            as (low: UInt64, high: UInt64)
        return [
            bytes(shortKey(hash)), bytes(flips.low) + bytes(sum ^ flips.high),
            bytes(sum.byteSwapped ^ flips.low) + bytes(flips.high),
        ]
    }

    /// Keys of `hash` and of those after it.
    public static func keys(withHashes hash: ClosedRange<UInt64>) -> [[UInt8]] { hash.map { bytes(shortKey($0)) } }

    private static func shortKey(_ hash: UInt64) -> UInt64 {
        let inverse = inverse(of: 0x9FB2_1C65_1E98_DF25)
        var state = hash ^ hash >> 28 ^ hash >> 56
        state = state &* inverse
        state ^= state >> 35 &+ 8
        state = state &* inverse
        // The map takes 64 rounds to come back to where it began.
        for _ in 0..<63 { state ^= rotated(state, 49) ^ rotated(state, 24) }
        state ^= 0x1CAD_21F7_2C81_017C ^ 0xDB97_9083_E96D_D4DE
        return state << 32 | state >> 32
    }

    private static func beforeAvalanche(_ hash: UInt64) -> UInt64 {
        let state = (hash ^ hash >> 32) &* inverse(of: 0x1656_6791_9E37_79F9)
        return state ^ state >> 37
    }

    private static func rotated(_ number: UInt64, _ count: UInt64) -> UInt64 {
        number << count | number >> (64 - count)
    }

    /// Of an odd number, modulo 2^64, by Newton's method.
    private static func inverse(of number: UInt64) -> UInt64 {
        var inverse = number
        for _ in 0..<6 { inverse = inverse &* (2 &- number &* inverse) }
        return inverse
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}
