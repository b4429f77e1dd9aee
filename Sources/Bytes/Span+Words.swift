extension Span where Element == UInt8 {
    /// The eight bytes from `offset` on as one number, the first byte lowest.
    @inlinable @inline(__always) public func word(at offset: Int) -> UInt64 {
        precondition(offset >= 0 && offset <= count &- 8)
        // Safety: the load lies inside the range that was just checked.
        return unsafe withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian }
    }

    /// The two bytes from `offset` on as one number, the first byte lowest.
    @inlinable @inline(__always) public func pair(at offset: Int) -> UInt16 {
        precondition(offset >= 0 && offset <= count &- 2)
        // Safety: as above.
        return unsafe withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: UInt16.self).littleEndian }
    }
}
