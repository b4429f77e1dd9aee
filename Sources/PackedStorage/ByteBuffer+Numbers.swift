internal import Bytes

extension ByteBuffer {
    /// Adds `number`, its lowest byte first.
    @inline(__always) mutating func append<Number: FixedWidthInteger>(number: Number) {
        unsafe appendUninitialized(MemoryLayout<Number>.size) { free in
            // Safety: exactly the bytes that were asked for are written.
            unsafe free.storeBytes(of: number.littleEndian, as: Number.self)
            return MemoryLayout<Number>.size
        }
    }

    mutating func append(zeros count: Int) {
        for _ in 0..<count { append(0) }
    }

    /// Adds `number`, which is not negative, seven bits a byte, the lowest first.
    @inline(__always) mutating func append(leb128 number: Int) {
        var rest = UInt64(number)
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }
}
