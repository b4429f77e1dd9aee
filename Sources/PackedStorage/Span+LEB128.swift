extension Span where Element == UInt8 {
    /// Reads the LEB128 number at `index`, which moves behind it.
    ///
    /// - Returns: At most 2^32 − 1; `nil` where the bytes end before, or have a larger number or a longer form than the
    ///   shortest.
    func leb128(at index: inout Int) -> Int? {
        var number: UInt64 = 0
        for shift in stride(from: 0 as UInt64, through: 28, by: 7) {
            guard index < count else { return nil }
            let byte = self[index]
            index += 1
            number |= UInt64(byte & 0x7F) << shift
            guard byte < 0x80 else { continue }
            return number <= UInt64(UInt32.max) && (byte != 0 || shift == 0) ? Int(number) : nil
        }
        return nil
    }
}
