import Testing

@testable import Datasets

@Suite("JSON of others")
struct StrictJSONTests {
    private func problem(_ text: String) -> String? { StrictJSON.problem(in: Array(text.utf8)) }

    @Test(
        "is taken where fields of one name are in different objects",
        arguments: [
            #"{}"#, #" { "a" : 1 , "b" : { "a" : [ { "a" : 2 } , { "a" : "a" } ] } } "#, #"{"a":"\"a\":","b":"\\"}"#,
            #"{"a\u0062":1,"a":2}"#, #"{"list":["a","a","a:"],"a":"a"}"#, #"{"é":1,"ê":2}"#,
        ])
    func sound(text: String) {
        #expect(problem(text) == nil)
    }

    @Test(
        "is refused where a field is there twice, however it is written",
        arguments: [
            #"{"a":1,"a":1}"#, #"{"a":1,"\u0061":1}"#, #"{"x":[{"y":{"a":{},"b":[],"a":0}}]}"#, #"{"a" :1,"a" :2}"#,
            #"{"\"":1,"\u0022":2}"#, "{\"\u{E9}\":1,\"e\u{301}\":2}",
        ])
    func twice(text: String) throws {
        #expect(try #require(problem(text)).contains("is there twice"))
    }

    @Test(
        "is refused where it is no object in UTF-8",
        arguments: [
            "", " \n", "[]", "1", "\"{}\"", "\u{FEFF}{}", "{\"a\":\"\0\"}",
        ])
    func form(text: String) {
        #expect(problem(text) != nil)
    }

    @Test("in UTF-16 is refused, with and without a byte-order mark", arguments: [[], [0xFF, 0xFE]] as [[UInt8]])
    func wide(mark: [UInt8]) {
        #expect(StrictJSON.problem(in: mark + "{}".utf8.flatMap { [$0, 0] }) != nil)
    }

    @Test("is refused one level beyond the deepest, and taken up to it")
    func depth() {
        func nested(_ count: Int) -> String {
            "{\"a\":" + String(repeating: "[", count: count - 1) + String(repeating: "]", count: count - 1) + "}"
        }
        #expect(problem(nested(StrictJSON.depthMax)) == nil)
        #expect(problem(nested(StrictJSON.depthMax + 1)) != nil)
        #expect(problem(String(repeating: "{\"a\":", count: 100_000)) != nil)
    }

    @Test("is refused with one value too many, whatever they are", arguments: ["1", "{}", "\"\"", "null", "[]"])
    func values(value: String) {
        // The object, the list and its name count too.
        let most = Array(repeating: value, count: 97).joined(separator: ",")
        func problem(_ text: String) -> String? { StrictJSON.problem(in: Array(text.utf8), valueCountMax: 100) }
        #expect(problem("{\"a\":[\(most)]}") == nil)
        #expect(problem("{\"a\":[\(most),\(value)]}") == "it has more than 100 values")
    }

    @Test("that is cut off anywhere is the decoder's to refuse, and no trap")
    func cut() {
        let text = Array(#"{"a\u0062":[1,"\\",{"é":null}],"b":"\"x"}"#.utf8)
        for count in 1..<text.count { #expect(StrictJSON.problem(in: Array(text[..<count])) == nil) }
    }

    @Test("is shown on one line, and not all of it")
    func shown() {
        #expect(OneLine.shown("a\u{1B}[2J\nb\u{202E}\u{9B}c") == "a\u{FFFD}[2J\u{FFFD}b\u{FFFD}\u{FFFD}c")
        #expect(OneLine.shown(String(repeating: "x", count: 100)) == String(repeating: "x", count: 80) + "…")
        #expect(OneLine.shown("naïve/Straße-1.sst") == "naïve/Straße-1.sst")
    }
}
