internal import Bytes
private import CPacked

/// What the packed format needs to know of a key.
public enum PackedKey {
    /// Hash slots of Redis Cluster.
    public static let slotCount = 16_384

    /// XXH3 of the key, which orders records and finds their line.
    @inline(__always) public static func hash(_ key: Span<UInt8>) -> UInt64 {
        unsafe key.withUnsafeBufferPointer { key in
            // Safety: an empty span may have no address, and then none is read.
            unsafe withEmptyBase(key) { unsafe almanac_packed_hash($0, $1) }
        }
    }

    /// The key's hash slot, 0 to 16,383, of which its segment has a range.
    @inline(__always) public static func slot(_ key: Span<UInt8>) -> Int {
        unsafe key.withUnsafeBufferPointer { key in
            unsafe withEmptyBase(key) { Int(unsafe almanac_packed_slot($0, $1)) }
        }
    }

    @inline(__always) private static func withEmptyBase<Result>(
        _ bytes: UnsafeBufferPointer<UInt8>, _ body: (UnsafePointer<UInt8>, Int) -> Result
    ) -> Result {
        if let base = bytes.baseAddress { return unsafe body(base, bytes.count) }
        return unsafe withUnsafePointer(to: 0 as UInt8) { unsafe body($0, 0) }
    }
}
