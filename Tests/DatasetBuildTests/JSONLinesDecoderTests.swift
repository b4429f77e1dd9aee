import Testing

@testable import DatasetBuild

@Suite("JSON Lines") struct JSONLinesDecoderTests {
    static let cases = [
        DecoderCase(
            "plain strings", #"{"key":"a","value":"1"}"# + "\n" + #"{"value":"2","key":"b"}"#,
            [#"1: "a" = "1""#, #"2: "b" = "2""#]),
        DecoderCase(
            "white space, empty lines, CRLF", "\n \t\r\n { \"key\" : \"a\" , \"value\" : \"\" } \r\n",
            [#"3: "a" = """#]),
        DecoderCase(
            "escapes", #"{"key":"\"\\\/\b\f\n\r\t","value":"\u00e9\u0000\uD83D\uDE00"}"#,
            [#"1: "\"\\/\x08\x0c\x0a\x0d\x09" = "é\x00😀""#]),
        DecoderCase("escapes in names", #"{"\u006bey":"a","value":"1"}"#, [#"1: "a" = "1""#]),
        DecoderCase(
            "numbers, booleans, objects and arrays as compact text",
            #"{"key":-1.5e+3,"value": {"a" : [ 1, true , null, {} , [] ], "b c":"\n"} }"# + "\n"
                + #"{"key":"f","value": false}"# + "\n" + #"{"key":"n","value": 0 }"#,
            [
                #"1: "-1.5e+3" = "{\"a\":[1,true,null,{},[]],\"b c\":\"\\n\"}""#, #"2: "f" = "false""#,
                #"3: "n" = "0""#,
            ]),
        DecoderCase("base64", #"{"key_base64":"AAH/","value_base64":"\/w=="}"#, [#"1: "\x00\x01\xff" = "\xff""#]),
        DecoderCase("an empty key", #"{"key":"","value":""}"#, [#"1: "" = """#]),
        DecoderCase(
            "other members are left out", #"{"a":{"key":"x"},"key":"k","b":[1],"value":"v"}"#,
            [#"1: "k" = "v""#]),
        DecoderCase(
            "members by name", #"{"id":7,"name":"x","key":"no"}"#, key: "id", value: "name",
            [#"1: "7" = "x""#]),
        DecoderCase(
            "the whole object", #" {"id" : "7\u0041", "x":[1, 2] } "#, key: "id",
            [#"1: "7A" = "{\"id\":\"7\\u0041\",\"x\":[1,2]}""#]),
        DecoderCase("a byte order mark", "\u{FEFF}{\"key\":\"a\",\"value\":\"1\"}\n", [#"1: "a" = "1""#]),
        DecoderCase("no bytes at all", "", []),
    ]

    static let malformed: [(String, String)] = [
        (#"["key","value"]"#, "the line is not a JSON object"),
        (#"{"key":"a"}"#, "the member \"value\" is missing"),
        (#"{"value":"a"}"#, "the member \"key\" is missing"),
        (#"{}"#, "the member \"key\" is missing"),
        (#"{"key":"a","value":null}"#, "the value is null, which cannot be stored: leave the row out, or write \"\""),
        (#"{"key":null,"value":"a"}"#, "the key must be a string or a number"),
        (#"{"key":{},"value":"a"}"#, "the key must be a string or a number"),
        (#"{"key":"a","key":"b","value":""}"#, "the member \"key\" occurs twice"),
        (#"{"key":"a","value":"","value_base64":""}"#, "the member \"value\" occurs twice"),
        (#"{"key_base64":"A","value":""}"#, "not base64 (RFC 4648: A-Z a-z 0-9 + /, padded with =)"),
        (#"{"key_base64":"AB==","value":""}"#, "not base64 (RFC 4648: A-Z a-z 0-9 + /, padded with =)"),
        (#"{"key_base64":7,"value":""}"#, "the key must be a string"),
        (#"{"key":"a","value":"x}"#, "a string is never closed"),
        (#"{"key":"a","value":"x""#, "a comma or } is missing behind a member, or the line ends inside the object"),
        (#"{"key":"a","value":"x"} x"#, "there is more behind the object's end"),
        (#"{"key":"a","value":"x",}"#, "a member of an object begins with a name in quotes"),
        (#"{"key" "a"}"#, "a colon is missing behind a member's name"),
        (#"{"key":"a","value":01}"#, "a number that JSON does not allow: it begins with 0"),
        (#"{"key":"a","value":1.}"#, "a number that JSON does not allow"),
        (#"{"key":"a","value":-}"#, "a number that JSON does not allow"),
        (#"{"key":"a","value":tru}"#, "\"t\" begins no JSON value"),
        (#"{"key":"a","value":}"#, "\"}\" begins no JSON value"),
        (#"{"key":"a","value":[1 2]}"#, "a comma or a closing bracket is missing behind a value"),
        (#"{"key":"a","value":[1"#, "the JSON ends too early"),
        (#"{"key":"a","value":"\x"}"#, "an unknown escape in a string"),
        (#"{"key":"a","value":"\u12"}"#, "\\u without four hexadecimal digits"),
        (#"{"key":"a","value":"\ud800"}"#, "\\ud800 is half of a surrogate pair without the other half"),
        (#"{"key":"a","value":"\ud800\u0041"}"#, "\\ud800 is half of a surrogate pair without the other half"),
        (#"{"key":"a","value":"\udc00"}"#, "\\udc00 is half of a surrogate pair without the other half"),
        ("{\"key\":\"a\",\"value\":\"\u{1}\"}", "a control character in a string; JSON writes it \\u00.."),
        ("\u{0}", "the line is not a JSON object"),
    ]

    @Test("decodes the same at every split of the input", arguments: cases)
    func decodes(_ test: DecoderCase) {
        let (whole, differing) = DecoderOutcome.decodeAtEverySplit(test.input) {
            JSONLinesDecoder(choice: test.choice)
        }
        #expect(whole.lines == test.expected)
        #expect(differing == nil)
    }

    @Test("tells the line and the problem of a malformed row, and goes on behind it", arguments: malformed)
    func refuses(_ text: String, _ problem: String) {
        let good = #"{"key":"k","value":"v"}"# + "\n"
        let input = Array((good + text + "\n" + good).utf8)
        let (whole, differing) = DecoderOutcome.decodeAtEverySplit(input) { JSONLinesDecoder(choice: ColumnChoice()) }
        #expect(whole.bad == ["2: \(problem)"])
        #expect(whole.rows.map(\.line) == [1, 3])
        #expect(whole.failure == nil)
        #expect(differing == nil)
    }

    @Test("refuses strings that are not UTF-8", arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]])
    func refusesBytes(_ bytes: [UInt8]) {
        let input = Array(#"{"key":""#.utf8) + bytes + Array(#"","value":""}"#.utf8)
        let outcome = DecoderOutcome.decode(input, JSONLinesDecoder(choice: ColumnChoice()))
        #expect(outcome.lines == ["bad 1: a string that is not UTF-8"])
    }

    @Test("refuses a nesting bomb without recursing into it")
    func nesting() {
        func line(_ depth: Int) -> [UInt8] {
            let nest = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            return Array(#"{"key":"a","value":"#.utf8) + Array(nest.utf8) + Array("}\n".utf8)
        }
        let make = { JSONLinesDecoder(choice: ColumnChoice()) }
        #expect(DecoderOutcome.decode(line(JSONScanner.depthMax), make()).rows.count == 1)
        #expect(
            DecoderOutcome.decode(line(JSONScanner.depthMax + 1), make()).lines
                == ["bad 1: nested deeper than 512 levels"])
        #expect(DecoderOutcome.decode(line(1_000_000), make()).lines == ["bad 1: nested deeper than 512 levels"])
    }

    @Test("survives damage at any byte of a valid line")
    func damaged() {
        let line = Array(#"{"key":"a\u00e9\n","o":{"x":[1,-2.5e3,true]},"value_base64":"AAH/"}"#.utf8)
        for index in line.indices {
            for byte in [0x00, 0x22, 0x5C, 0x7B, 0x5D, 0x2C, 0x80, 0xFF] as [UInt8] {
                var damaged = line
                damaged[index] = byte
                let outcome = DecoderOutcome.decode(damaged, JSONLinesDecoder(choice: ColumnChoice()))
                #expect(outcome.rows.count + outcome.bad.count == 1)
                let cut = DecoderOutcome.decode(Array(line[..<index]), JSONLinesDecoder(choice: ColumnChoice()))
                #expect(cut.rows.isEmpty)
            }
        }
    }
}
