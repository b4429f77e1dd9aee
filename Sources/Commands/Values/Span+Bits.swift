import Bytes

/// Bits of a value, numbered from the highest of the first byte on.
extension Span<UInt8> {
    /// How many bits of a range are set.
    ///
    /// - Precondition: The range lies inside the bytes.
    func setBitCount(in bits: Range<Int>) -> Int {
        guard !bits.isEmpty else { return 0 }
        var offset = bits.lowerBound >> 3
        let end = bits.upperBound >> 3
        let lastMask = ~(UInt8.max >> UInt8(bits.upperBound & 7))
        var count = 0
        if bits.lowerBound & 7 != 0 {
            let firstMask = UInt8.max >> UInt8(bits.lowerBound & 7)
            guard offset < end else { return (self[offset] & firstMask & lastMask).nonzeroBitCount }
            count += (self[offset] & firstMask).nonzeroBitCount
            offset += 1
        }
        while offset <= end - 8 {
            count += packed(at: offset, count: 8).nonzeroBitCount
            offset += 8
        }
        count += packed(at: offset, count: end - offset).nonzeroBitCount
        if lastMask != 0 { count += (self[end] & lastMask).nonzeroBitCount }
        return count
    }

    /// The first bit of a range that is set, or that is clear; `nil` where none is.
    ///
    /// - Precondition: The range lies inside the bytes.
    func firstBit(_ isSet: Bool, in bits: Range<Int>) -> Int? {
        guard !bits.isEmpty else { return nil }
        // What is looked for is a set bit of the bytes changed so.
        let change: UInt64 = isSet ? 0 : .max
        var offset = bits.lowerBound >> 3
        let end = (bits.upperBound + 7) >> 3
        var found: Int?
        if bits.lowerBound & 7 != 0 {
            let firstByte = (self[offset] ^ UInt8(truncatingIfNeeded: change)) & UInt8.max >> UInt8(bits.lowerBound & 7)
            if firstByte != 0 { found = offset << 3 + firstByte.leadingZeroBitCount }
            offset += 1
        }
        while found == nil, offset < end {
            let count = Swift.min(8, end - offset)
            let word = (packed(at: offset, count: count) ^ change) & UInt64.max >> UInt64((8 - count) << 3)
            if word != 0 { found = offset << 3 + word.byteSwapped.leadingZeroBitCount }
            offset += count
        }
        // The last byte may have bits behind the range.
        guard let found, found < bits.upperBound else { return nil }
        return found
    }

    /// The number that `count` bits from `first` on make, the highest first; bits behind the bytes are clear.
    ///
    /// - Precondition: `count` is 1 to 64.
    func bitField(at first: Int, count: Int) -> UInt64 {
        precondition((1...64).contains(count) && first >= 0)
        let offset = first >> 3
        var bits: UInt128 = 0
        for place in offset..<offset + 9 { bits = bits << 8 | UInt128(place < self.count ? self[place] : 0) }
        let shifted = bits >> UInt128(72 - first & 7 - count)
        return UInt64(truncatingIfNeeded: shifted) & UInt64.max >> UInt64(64 - count)
    }
}
