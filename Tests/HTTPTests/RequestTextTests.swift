import Testing

@testable import HTTP

@Suite("Text of a request line")
struct RequestTextTests {
    @Test(
        "Escapes become the bytes that they stand for",
        arguments: [
            ("/livez", "/livez"), ("/liv%65z", "/livez"), ("%2F%2f", "//"), ("", ""), ("%C3%BC", "ü"), ("a+b", "a+b"),
            ("%25", "%"),
        ])
    func decoded(_ text: String, _ expected: String) {
        #expect(RequestText.decoded(text.utf8) == expected)
    }

    @Test(
        "What is no escape, holds a zero byte or is not UTF-8 is nothing",
        arguments: ["%", "%4", "%zz", "%4g", "100%", "a%00b", "%ff", "%C3", "%-1", "%+1"])
    func refused(_ text: String) {
        #expect(RequestText.decoded(text.utf8) == nil)
    }
}
