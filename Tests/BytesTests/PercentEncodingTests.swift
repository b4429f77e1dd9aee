import Bytes
import Testing

@Suite("Percent-encoding")
struct PercentEncodingTests {
    private func decoded(_ text: String, keepsOthers: Bool = false) -> String? {
        PercentEncoding.decoded(text.utf8, keepsOthers: keepsOthers).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(
        "Escapes become the bytes that they stand for, once",
        arguments: [("", ""), ("a+b", "a+b"), ("%41%5a", "AZ"), ("%2F%2f", "//"), ("%2541", "%41"), ("%C3%BC", "ü")])
    func escapes(_ text: String, _ expected: String) {
        #expect(decoded(text) == expected)
        #expect(decoded(text, keepsOthers: true) == expected)
    }

    @Test(
        "What is no escape is nothing, or stays where it may",
        arguments: [("%", "%"), ("%4", "%4"), ("100%", "100%"), ("%zz%41", "%zzA"), ("%%41", "%A"), ("%+1", "%+1")])
    func others(_ text: String, _ kept: String) {
        #expect(decoded(text) == nil)
        #expect(decoded(text, keepsOthers: true) == kept)
    }

    @Test("Whatever is encoded is decoded to the same, and holds nothing that an address would take for its own")
    func encoded() {
        #expect(PercentEncoding.encoded("a-Z_0.~/ü %") == "a-Z_0.~%2F%C3%BC%20%25")
        #expect(PercentEncoding.encoded("a/b?c", keeping: "/") == "a/b%3Fc")
        let all = String(decoding: Array(UInt8(1)...127), as: UTF8.self)
        #expect(decoded(PercentEncoding.encoded(all)) == all)
    }
}
