/// Bytes in addresses, written as `%` and two hexadecimal digits (RFC 3986).
public enum PercentEncoding {
    /// Puts the bytes that `%XX` stands for in its place.
    ///
    /// - Parameters:
    ///   - text: As it stands in an address.
    ///   - keepsOthers: Whether a `%` stays that no two hexadecimal digits follow.
    /// - Returns: `nil` where one must not.
    public static func decoded(_ text: some Sequence<UInt8>, keepsOthers: Bool = false) -> [UInt8]? {
        var decoded: [UInt8] = []
        var rest = Array(text)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                decoded.append(byte)
                continue
            }
            let digits = rest.prefix(2).compactMap(hexadecimalDigit)
            if digits.count == 2 {
                decoded.append(digits[0] << 4 | digits[1])
                rest.removeFirst(2)
            } else if keepsOthers {
                decoded.append(byte)
            } else {
                return nil
            }
        }
        return decoded
    }

    /// Encodes all but unreserved characters, which are letters, digits and `-._~`, and those of `kept`.
    public static func encoded(_ text: String, keeping kept: String = "") -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.append(byte)
            case _ where kept.utf8.contains(byte): encoded.append(byte)
            default: encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    private static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
