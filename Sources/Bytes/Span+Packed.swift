extension Span where Element == UInt8 {
    /// Up to eight bytes from `offset` on as one number, the first byte lowest, zeros above the last.
    ///
    /// Reads no byte beyond `offset + count`, and takes at most two loads.
    @inlinable @inline(__always) public func packed(at offset: Int, count: Int) -> UInt64 {
        precondition(count >= 0 && count <= 8 && offset >= 0 && offset <= self.count - count)
        // Safety: every load below lies inside the range that was just checked.
        return unsafe withUnsafeBytes { bytes in
            let start = unsafe bytes.baseAddress.map { unsafe $0 + offset }
            guard let start = unsafe start else { return 0 }
            if count >= 4 {
                let low = unsafe start.loadUnaligned(as: UInt32.self).littleEndian
                let high = unsafe start.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self).littleEndian
                return UInt64(low) | UInt64(high) << UInt64((count - 4) << 3)
            }
            guard count > 0 else { return 0 }
            // First, middle and last byte: for one or two bytes some of them coincide.
            let first = unsafe UInt64(start.load(as: UInt8.self))
            let middle = unsafe UInt64(start.load(fromByteOffset: count >> 1, as: UInt8.self))
            let last = unsafe UInt64(start.load(fromByteOffset: count - 1, as: UInt8.self))
            return first | middle << UInt64((count >> 1) << 3) | last << UInt64((count - 1) << 3)
        }
    }
}
