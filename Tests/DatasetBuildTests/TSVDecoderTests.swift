import Testing

@testable import DatasetBuild

@Suite("TSV (text/tab-separated-values)") struct TSVDecoderTests {
    static let cases = [
        DecoderCase("two columns", "key\tvalue\na\t1\nb\t2\n", value: "value", [#"2: "a" = "1""#, #"3: "b" = "2""#]),
        DecoderCase("no line end at the end", "key\tvalue\na\t1", value: "value", [#"2: "a" = "1""#]),
        DecoderCase("CRLF", "key\tvalue\r\na\t1\r\n", value: "value", [#"2: "a" = "1""#]),
        DecoderCase("a byte order mark", "\u{FEFF}key\tvalue\na\t1\n", value: "value", [#"2: "a" = "1""#]),
        DecoderCase("quotes mean nothing", "key\tvalue\n\"a\t\"\"1\n", value: "value", [#"2: "\"a" = "\"\"1""#]),
        DecoderCase(
            "the whole row as JSON", "key\tv\na\"\t\u{1}\n",
            [#"2: "a\"" = "{\"key\":\"a\\\"\",\"v\":\"\\u0001\"}""#]),
        DecoderCase(
            "empty lines are passed over and counted", "key\tvalue\n\n\na\t1\n", value: "value",
            [#"4: "a" = "1""#]),
        DecoderCase("empty values", "key\tvalue\na\t\nb\t", value: "value", [#"2: "a" = """#, #"3: "b" = """#]),
        DecoderCase("zero bytes", "key\tvalue\na\0\t\0\n", value: "value", [#"2: "a\x00" = "\x00""#]),
        DecoderCase("one column", "key\na\n", value: "key", [#"2: "a" = "a""#]),
        DecoderCase(
            "too few, too many, no key", "key\tvalue\na\n\tb\nc\t1\t2\nd\t4\n", value: "value",
            [
                #"5: "d" = "4""#, "bad 2: 1 field, but the header has 2", "bad 3: the key is empty",
                "bad 4: 3 fields, but the header has 2",
            ]),
        DecoderCase("no bytes at all", "", ["failed 1: there is no header line"]),
        DecoderCase("a header alone", "key\tvalue", []),
        DecoderCase(
            "a missing value column", "key\tvalue\n", value: "v",
            ["failed 1: the header has no column \"v\"; it has \"key\", \"value\""]),
    ]

    @Test("decodes the same at every split of the input", arguments: cases)
    func decodes(_ test: DecoderCase) {
        let (whole, differing) = DecoderOutcome.decodeAtEverySplit(test.input) { TSVDecoder(choice: test.choice) }
        #expect(whole.lines == test.expected)
        #expect(differing == nil)
    }
}
