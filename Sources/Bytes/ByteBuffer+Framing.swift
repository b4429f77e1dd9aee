/// What the Redis protocol is made of: a marker, a decimal number, a line end, and bytes behind them.
extension ByteBuffer {
    /// Bytes that a marker, the longest decimal number and a line end take.
    @usableFromInline static var headerBytesMax: Int { 1 + 20 + 2 }

    /// Appends `marker`, `value` in decimal and a line end.
    @inlinable @inline(__always) public mutating func appendHeader(_ marker: UInt8, _ value: Int) {
        reserve(Self.headerBytesMax)
        end = unsafe Self.storeHeader(marker, value, at: base.unsafelyUnwrapped, offset: end)
    }

    /// Appends `marker`, the count of `prefix` and `bytes` together, a line end, both, and a line end.
    @inlinable @inline(__always) public mutating func appendFrame(
        _ marker: UInt8, prefix: StaticString = "", _ bytes: Span<UInt8>
    ) {
        let prefixCount = prefix.utf8CodeUnitCount
        let count = prefixCount + bytes.count
        reserve(Self.headerBytesMax + count + 2)
        let base = unsafe self.base.unsafelyUnwrapped
        var end = unsafe Self.storeHeader(marker, count, at: base, offset: self.end)
        if prefixCount > 0 {
            unsafe (base + end).update(from: prefix.utf8Start, count: prefixCount)
            end += prefixCount
        }
        if !bytes.isEmpty {
            unsafe bytes.withUnsafeBufferPointer { source in
                // Safety: a span that is not empty has a base, and `reserve` left room for all of it.
                unsafe (base + end).update(from: source.baseAddress.unsafelyUnwrapped, count: source.count)
            }
            end += bytes.count
        }
        unsafe UnsafeMutableRawPointer(base + end).storeBytes(of: Self.lineEnd, as: UInt16.self)
        self.end = end + 2
    }

    /// Appends the low `count` bytes of `packed`, the lowest first; at most eight.
    ///
    /// For short fixed replies, which so cost one store.
    @inlinable @inline(__always) public mutating func append(packed: UInt64, count: Int) {
        precondition(count >= 0 && count <= 8)
        reserve(8)
        unsafe UnsafeMutableRawPointer(base.unsafelyUnwrapped + end).storeBytes(
            of: packed.littleEndian, as: UInt64.self)
        end += count
    }

    /// CR and LF as one number in memory order.
    @usableFromInline static var lineEnd: UInt16 { UInt16(0x0a0d).littleEndian }

    /// Writes `marker`, `value` and a line end, and tells the offset behind them.
    ///
    /// - Precondition: ``headerBytesMax`` bytes are free at `offset`.
    @inlinable @inline(__always) @unsafe static func storeHeader(
        _ marker: UInt8, _ value: Int, at base: UnsafeMutablePointer<UInt8>, offset: Int
    ) -> Int {
        unsafe base[offset] = marker
        let digits = unsafe storeDecimal(value, at: base + (offset + 1))
        let end = offset + 1 + digits
        unsafe UnsafeMutableRawPointer(base + end).storeBytes(of: lineEnd, as: UInt16.self)
        return end + 2
    }

    /// Writes `value` in decimal, and tells how many bytes that took, 20 at most.
    ///
    /// May write up to four bytes whatever the number, so the caller leaves room for the longest.
    @inlinable @inline(__always) @unsafe static func storeDecimal(
        _ value: Int, at place: UnsafeMutablePointer<UInt8>
    ) -> Int {
        if UInt(bitPattern: value) < 10_000 {
            let digits = fourDigits(UInt32(truncatingIfNeeded: value))
            // Leading zeros are low bytes of value 0; the last digit stays even when it is one.
            let zeros = min(digits.trailingZeroBitCount >> 3, 3)
            let text = (digits | 0x3030_3030) >> UInt32(zeros << 3)
            unsafe UnsafeMutableRawPointer(place).storeBytes(of: text.littleEndian, as: UInt32.self)
            return 4 - zeros
        }
        return unsafe storeLongDecimal(value, at: place)
    }

    @usableFromInline @inline(never) @unsafe static func storeLongDecimal(
        _ value: Int, at place: UnsafeMutablePointer<UInt8>
    ) -> Int {
        guard value < 0 else { return unsafe storeUnsigned(value.magnitude, at: place) }
        unsafe place.pointee = UInt8(ascii: "-")
        return unsafe 1 + storeUnsigned(value.magnitude, at: place + 1)
    }

    @usableFromInline @unsafe static func storeUnsigned(_ value: UInt, at place: UnsafeMutablePointer<UInt8>) -> Int {
        let count = decimalDigitCount(of: value)
        var rest = value
        var remaining = count
        while remaining >= 4 {
            remaining -= 4
            let (quotient, digits) = rest.quotientAndRemainder(dividingBy: 10_000)
            let text = fourDigits(UInt32(truncatingIfNeeded: digits)) | 0x3030_3030
            unsafe UnsafeMutableRawPointer(place + remaining).storeBytes(of: text.littleEndian, as: UInt32.self)
            rest = quotient
        }
        while remaining > 0 {
            remaining -= 1
            unsafe place[remaining] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        return count
    }

    /// How many decimal digits `value` has, 1 to 20.
    public static func decimalDigitCount(of value: UInt) -> Int {
        var count = 1
        var rest = value
        while rest >= 10_000 {
            rest /= 10_000
            count += 4
        }
        return count + (rest >= 1_000 ? 3 : rest >= 100 ? 2 : rest >= 10 ? 1 : 0)
    }

    /// Appends `value` in decimal.
    public mutating func append(decimal value: UInt) {
        reserve(Self.headerBytesMax)
        end += unsafe Self.storeUnsigned(value, at: base.unsafelyUnwrapped + end)
    }

    /// The four decimal digits of `value`, one a byte, the first lowest.
    ///
    /// - Precondition: `value` < 10,000.
    @inlinable @inline(__always) static func fourDigits(_ value: UInt32) -> UInt32 {
        let hundreds = (value &* 5_243) >> 19
        let pairs = hundreds | (value &- hundreds &* 100) << 16
        // Both pairs at once: 103 / 1,024 is a tenth, exactly enough below 100.
        let tens = ((pairs &* 103) >> 10) & 0x000f_000f
        return tens | (pairs &- tens &* 10) << 8
    }
}
