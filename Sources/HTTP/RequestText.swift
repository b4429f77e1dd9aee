private import Bytes

/// Text of a request line, as it was sent.
enum RequestText {
    /// Puts the bytes that `%XX` stands for in its place.
    ///
    /// - Returns: `nil` where an escape is not two hexadecimal digits, a byte is zero, or the result is not UTF-8.
    static func decoded(_ text: some Collection<UInt8>) -> String? {
        // Whoever reads a name with a zero byte as a C string would take it for another.
        guard let bytes = PercentEncoding.decoded(text), !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
