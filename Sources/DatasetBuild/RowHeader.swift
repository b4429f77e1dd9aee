internal import Bytes

/// What stands before a row's key and value, in memory and in run files: 16 bytes, in the machine's byte order.
///
/// Run files never outlive the process, so they need not be readable elsewhere.
struct RowHeader {
    var keyCount: Int
    var valueCount: Int
    var origin: RowOrigin

    static let byteCount = 16

    init(keyCount: Int, valueCount: Int, origin: RowOrigin) {
        self.keyCount = keyCount
        self.valueCount = valueCount
        self.origin = origin
    }

    /// Reads the header at `offset`.
    @inline(__always) init(_ bytes: Span<UInt8>, at offset: Int) {
        precondition(offset >= 0 && offset + Self.byteCount <= bytes.count)
        (keyCount, valueCount, origin) = unsafe bytes.withUnsafeBytes { bytes in
            // Safety: sixteen bytes from `offset` were just seen to be there.
            (
                Int(unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)),
                Int(unsafe bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)),
                RowOrigin(rawValue: unsafe bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
            )
        }
    }

    @inline(__always) func append(to target: inout ByteBuffer) {
        unsafe target.appendUninitialized(Self.byteCount) { free in
            // Safety: exactly the sixteen bytes that were asked for are written.
            unsafe free.storeBytes(of: UInt32(keyCount), toByteOffset: 0, as: UInt32.self)
            unsafe free.storeBytes(of: UInt32(valueCount), toByteOffset: 4, as: UInt32.self)
            unsafe free.storeBytes(of: origin.rawValue, toByteOffset: 8, as: UInt64.self)
            return Self.byteCount
        }
    }

    var rowByteCount: Int { Self.byteCount + keyCount + valueCount }
}
