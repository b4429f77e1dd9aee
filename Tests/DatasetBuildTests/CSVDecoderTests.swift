import Testing

@testable import DatasetBuild

@Suite("CSV (RFC 4180)") struct CSVDecoderTests {
    static let cases = [
        DecoderCase(
            "two columns", "key,value\na,1\nb,2\n", value: "value", [#"2: "a" = "1""#, #"3: "b" = "2""#]),
        DecoderCase(
            "columns by name, in any order", "x,v,k\n1,2,3\n", key: "k", value: "v", [#"2: "3" = "2""#]),
        DecoderCase(
            "CRLF, and no line end at the end", "key,value\r\na,1\r\nb,2", value: "value",
            [#"2: "a" = "1""#, #"3: "b" = "2""#]),
        DecoderCase("a carriage return as the last byte", "key,value\r\na,1\r", value: "value", [#"2: "a" = "1""#]),
        DecoderCase("a byte order mark", "\u{FEFF}key,value\na,1\n", value: "value", [#"2: "a" = "1""#]),
        DecoderCase(
            "quotes, commas, doubled quotes and line ends in quotes",
            "key,value\n\"a,b\",\"say \"\"hi\"\"\"\n\"two\r\nlines\",\"x\ny\"\nc,3\n", value: "value",
            [#"2: "a,b" = "say \"hi\"""#, #"3: "two\x0d\x0alines" = "x\x0ay""#, #"6: "c" = "3""#]),
        DecoderCase("a doubled quote in the key alone", "key,value\n\"\"\"\",1\n", value: "value", [#"2: "\"" = "1""#]),
        DecoderCase(
            "doubled quotes in both", "key,value\n\"a\"\"\",\"\"\"b\"\n", value: "value",
            [#"2: "a\"" = "\"b""#]),
        DecoderCase("empty values", "key,value\na,\nb,\"\"\n", value: "value", [#"2: "a" = """#, #"3: "b" = """#]),
        DecoderCase("an empty last field at the end", "key,value\na,", value: "value", [#"2: "a" = """#]),
        DecoderCase(
            "empty lines are passed over and counted", "key,value\n\n\r\na,1\n\n", value: "value",
            [#"4: "a" = "1""#]),
        DecoderCase(
            "the whole row as JSON", "key,n\tm,\"q\"\"\"\nä,\"1\"\"\",\\\n",
            [#"2: "ä" = "{\"key\":\"ä\",\"n\\tm\":\"1\\\"\",\"q\\\"\":\"\\\\\"}""#]),
        DecoderCase(
            "bytes that are not UTF-8 in a value", bytes: Array("key,value\na,".utf8) + [0xFF, 0x0A],
            value: "value", [#"2: "a" = "\xff""#]),
        DecoderCase(
            "bytes that are not UTF-8 in JSON", bytes: Array("key,value\na,".utf8) + [0xFF, 0x0A, 0x62, 0x2C],
            [
                #"3: "b" = "{\"key\":\"b\",\"value\":\"\"}""#,
                #"bad 2: column "value" is not UTF-8, which JSON needs; --value stores one column as it is"#,
            ]),
        DecoderCase("zero bytes", "key,value\na\0b,\0\n", value: "value", [#"2: "a\x00b" = "\x00""#]),
        DecoderCase(
            "too few and too many fields", "key,value\na\nb,2,3\nc,3\n", value: "value",
            [#"4: "c" = "3""#, "bad 2: 1 field, but the header has 2", "bad 3: 3 fields, but the header has 2"]),
        DecoderCase(
            "an empty key", "key,value\n,1\n\"\",2\n", value: "value",
            ["bad 2: the key is empty", "bad 3: the key is empty"]),
        DecoderCase(
            "a quote inside a plain field", "key,value\na,x\"y\nb,2\n", value: "value",
            [#"3: "b" = "2""#, "bad 2: a quote in a field that does not begin with one"]),
        DecoderCase(
            "text behind a closing quote, on the record's second line", "key,value\n\"a\nb\"c,1\nd,2\n",
            value: "value", [#"4: "d" = "2""#, "bad 3: only a comma or a line end may follow a closing quote"]),
        DecoderCase(
            "a lone carriage return", "key,value\na,1\rb,2\nc,3\n", value: "value",
            [#"3: "c" = "3""#, "bad 2: a carriage return without a line feed behind it, outside of quotes"]),
        DecoderCase(
            "a lone quote at the end", "key,value\na,1\nb,\"2\nc,3\n", value: "value",
            [#"2: "a" = "1""#, "bad 3: the quote that opens a field here is never closed"]),
        DecoderCase("no bytes at all", "", ["failed 1: there is no header line"]),
        DecoderCase("a byte order mark alone", "\u{FEFF}", ["failed 1: there is no header line"]),
        DecoderCase("a header alone", "key,value\n", []),
        DecoderCase(
            "a missing column", "id,value\n", ["failed 1: the header has no column \"key\"; it has \"id\", \"value\""]),
        DecoderCase(
            "the key column twice", "key,key\n", value: "key", ["failed 1: the header names column \"key\" twice"]),
        DecoderCase(
            "a column twice, for JSON", "key,a,a\n",
            ["failed 1: the header names column \"a\" twice; a JSON object cannot, so name a --value"]),
        DecoderCase(
            "a malformed header", "ke\"y,value\n", ["failed 1: a quote in a field that does not begin with one"]),
        DecoderCase(
            "a header whose quote is never closed", "key,\"value\n",
            ["failed 1: the quote that opens a field here is never closed"]),
        DecoderCase(
            "UTF-16", bytes: [0xFF, 0xFE, 0x6B, 0x00],
            ["failed 1: the text is UTF-16; convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)"]),
    ]

    @Test("decodes the same at every split of the input", arguments: cases)
    func decodes(_ test: DecoderCase) {
        let (whole, differing) = DecoderOutcome.decodeAtEverySplit(test.input) { CSVDecoder(choice: test.choice) }
        #expect(whole.lines == test.expected)
        #expect(differing == nil)
    }

    @Test("takes back what a writer that quotes everything has written")
    func roundTrip() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array(",\"\r\n ab\0é".utf8)
        var expected: [[[UInt8]]] = []
        var text = Array("key,value\n".utf8)
        for _ in 0..<300 {
            let fields = (0..<2).map { _ in (0..<Int.random(in: 1...6)).map { _ in alphabet.randomElement() ?? 0 } }
            expected.append(fields)
            for (index, field) in fields.enumerated() {
                text += Array("\"".utf8) + field.flatMap { $0 == .quote ? [$0, $0] : [$0] } + Array("\"".utf8)
                text += index == 0 ? Array(",".utf8) : Array(Bool.random(using: &random) ? "\n".utf8 : "\r\n".utf8)
            }
        }
        let outcome = DecoderOutcome.decode(
            text, cuts: Array(stride(from: 0, to: text.count, by: 7)), CSVDecoder(choice: ColumnChoice(value: "value")))
        #expect(outcome.rows.map { [$0.key, $0.value] } == expected)
        #expect(outcome.bad.isEmpty)
    }
}
