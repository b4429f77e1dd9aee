/// Small operations on text that Foundation would be too large for.
enum Text {
    /// Without white space at both ends.
    static func trimmed(_ text: some StringProtocol) -> String {
        let isSpace = { (character: Character) in character.isWhitespace }
        let start = text.drop(while: isSpace)
        let end = start.reversed().drop(while: isSpace)
        return String(String(end.reversed()))
    }

    /// Percent-encodes all but RFC 3986's unreserved characters and those in `keeping`, as AWS's signature wants it.
    static func percentEncoded(_ text: String, keeping kept: String = "") -> String {
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

    /// With `%XX` replaced by its byte; what is not of that form stays.
    static func percentDecoded(_ text: some StringProtocol) -> String {
        let bytes = Array(text.utf8)
        var decoded: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let byte = UInt8(String(decoding: bytes[index + 1...index + 2], as: UTF8.self), radix: 16)
            {
                decoded.append(byte)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    /// A query string as AWS signs it: sorted by name, encoded in full, `=` behind every name.
    static func canonicalQuery(_ items: [(name: String, value: String)]) -> String {
        items.map { (percentEncoded($0.name), percentEncoded($0.value)) }
            .sorted { ($0.0, $0.1) < ($1.0, $1.1) }
            .map { "\($0.0)=\($0.1)" }
            .joined(separator: "&")
    }

    /// The text of the first `<name>` element of a small XML document that a service of AWS answered with.
    static func element(_ name: String, in document: String) -> String? {
        guard let start = document.firstRange(of: "<\(name)>"),
            let end = document[start.upperBound...].firstRange(of: "</\(name)>")
        else { return nil }
        var text = String(document[start.upperBound..<end.lowerBound])
        for (entity, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")] {
            text = text.replacing(entity, with: character)
        }
        return text
    }

    /// One line of at most 200 characters, fit to stand in an error.
    static func oneLine(_ text: String) -> String {
        let words = text.split { $0.isWhitespace || $0.isNewline }
        return String(words.joined(separator: " ").filter { !$0.unicodeScalars.contains { $0.value < 32 } }.prefix(200))
    }
}
