public import Glibc

extension Span where Element == UInt8 {
    /// Below, at or above zero as these bytes sort before, with or after `other`, a prefix first.
    @inlinable @inline(__always) public func compare(_ other: Span<UInt8>) -> Int {
        let common = Swift.min(count, other.count)
        let difference = unsafe withUnsafeBytes { left in
            unsafe other.withUnsafeBytes { right -> Int32 in
                guard common > 0, let left = left.baseAddress, let right = right.baseAddress else { return 0 }
                // Safety: both spans have at least `common` bytes.
                return unsafe memcmp(left, right, common)
            }
        }
        return difference != 0 ? Int(difference) : count - other.count
    }

    @inlinable public func isEqual(to other: Span<UInt8>) -> Bool { count == other.count && compare(other) == 0 }

    /// The bytes as an array of their own.
    @inlinable public func copied() -> [UInt8] { unsafe withUnsafeBufferPointer { unsafe Array($0) } }
}
