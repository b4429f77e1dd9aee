private import Bytes

/// Small operations on text that Foundation would be too large for.
enum Text {
    /// Without white space at both ends.
    static func trimmed(_ text: some StringProtocol) -> String {
        let isSpace = { (character: Character) in character.isWhitespace }
        let start = text.drop(while: isSpace)
        let end = start.reversed().drop(while: isSpace)
        return String(String(end.reversed()))
    }

    /// With `%XX` replaced by its byte; what is not of that form stays.
    static func percentDecoded(_ text: some StringProtocol) -> String {
        // All of it is kept, so there is always something.
        String(decoding: PercentEncoding.decoded(text.utf8, keepsOthers: true) ?? [], as: UTF8.self)
    }

    /// A query string as AWS signs it: sorted by name, encoded in full, `=` behind every name.
    static func canonicalQuery(_ items: [(name: String, value: String)]) -> String {
        items.map { (PercentEncoding.encoded($0.name), PercentEncoding.encoded($0.value)) }
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
