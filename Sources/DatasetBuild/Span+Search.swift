internal import Bytes
internal import Glibc

// The C library's vectorised loops over bytes: the hot paths of every decoder and of the sort.
extension Span<UInt8> {
    /// The first place at or after `start` that holds `byte`.
    @inline(__always) func firstIndex(of byte: UInt8, from start: Int) -> Int? {
        precondition(start >= 0 && start <= count)
        return unsafe withUnsafeBytes { bytes -> Int? in
            guard let base = bytes.baseAddress else { return nil }
            // Safety: `start` was checked, so the search stays inside the span.
            guard let found = unsafe memchr(base + start, Int32(byte), bytes.count - start) else { return nil }
            return unsafe UnsafeRawPointer(found) - base
        }
    }

    /// The eight bytes from `start` as a big-endian integer, which sorts as they do; zeros stand for missing ones.
    @inline(__always) func sortablePrefix(from start: Int) -> UInt64 {
        let available = count - start
        if available >= 8 {
            return unsafe withUnsafeBytes { bytes in
                // Safety: eight bytes from `start` were just seen to be there.
                UInt64(bigEndian: unsafe bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
            }
        }
        var prefix: UInt64 = 0
        for index in 0..<Swift.max(available, 0) {
            prefix |= UInt64(self[start + index]) << UInt64(56 - 8 * index)
        }
        return prefix
    }

    func isEqual(to other: [UInt8]) -> Bool { isEqual(to: other.span) }

    /// How many bytes both begin with.
    func commonPrefixCount(_ other: Span<UInt8>, max limit: Int) -> Int {
        let end = Swift.min(count, other.count, limit)
        var index = 0
        while index < end, self[index] == other[index] { index += 1 }
        return index
    }

    func count(of byte: UInt8) -> Int {
        var found = 0
        for index in indices where self[index] == byte { found += 1 }
        return found
    }

    /// Whether the bytes are UTF-8, as the Unicode standard has it: no overlong forms, no surrogates.
    var isUTF8: Bool {
        do {
            _ = try UTF8Span(validating: self)
            return true
        } catch {
            return false
        }
    }
}

/// The bytes that the formats give a meaning to.
extension UInt8 {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let tab = UInt8(ascii: "\t")
    static let comma = UInt8(ascii: ",")
    static let space = UInt8(ascii: " ")
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
}
