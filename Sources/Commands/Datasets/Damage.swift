public import Datasets
public import Storage

/// Data that could not be read, and who wanted it.
public struct Damage {
    public let cause: EngineError
    public let version: DatasetVersion
    /// The dataset's name; `nil` for a version that has been replaced.
    public let dataset: String?
    /// The key looked up; `nil` for a walk over many.
    public let key: [UInt8]?

    /// The key for people: what is not printable ASCII as `\\x00`, cut at 64 bytes.
    public var printableKey: String? {
        guard let key else { return nil }
        var text = ""
        for byte in key.prefix(Self.shownBytesMax) {
            if (0x20...0x7e).contains(byte), byte != UInt8(ascii: "\\") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16)
                text += digits.count == 1 ? "\\x0\(digits)" : "\\x\(digits)"
            }
        }
        return key.count > Self.shownBytesMax ? text + "... (\(key.count) bytes)" : text
    }

    private static let shownBytesMax = 64
}
