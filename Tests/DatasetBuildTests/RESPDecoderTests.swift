import Testing

@testable import DatasetBuild

@Suite("RESP command stream") struct RESPDecoderTests {
    static let cases = [
        DecoderCase("SET in an array", "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$2\r\n\r\n\r\n", [#"1: "a" = "\x0d\x0a""#]),
        DecoderCase("lower case, empty strings", "*3\r\n$3\r\nset\r\n$0\r\n\r\n$0\r\n\r\n", [#"1: "" = """#]),
        DecoderCase(
            "MSET", "*5\r\n$4\r\nMSET\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n",
            [#"1: "a" = "1""#, #"1: "b" = "2""#]),
        DecoderCase(
            "lines count as an editor counts them",
            "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$3\r\n1\n2\r\nSET b 2\r\nPING\r\n",
            [#"1: "a" = "1\x0a2""#, #"9: "b" = "2""#, #"bad 10: the command "PING": only SET and MSET make rows"#]),
        DecoderCase(
            "inline", "SET a 1\r\n  MSET b 2\tc 3  \n\r\n\nset d \"\\x41\\n\\\"\" \nset 'e\\'' ''",
            [
                #"1: "a" = "1""#, #"2: "b" = "2""#, #"2: "c" = "3""#, #"5: "d" = "A\x0a\"""#, #"6: "e'" = """#,
            ]),
        DecoderCase(
            "unbalanced quotes", "SET a \"x\nSET b \"x\"y\nSET c 3\n",
            [
                #"3: "c" = "3""#, "bad 1: unbalanced quotes in an inline command",
                "bad 2: unbalanced quotes in an inline command",
            ]),
        DecoderCase("an empty array", "*0\r\nSET a 1\n", [#"2: "a" = "1""#]),
        DecoderCase(
            "options and other commands", "SET a 1 EX 10\nSELECT 1\nSET a\nMSET a 1 b\nSET c 3\n",
            [
                #"5: "c" = "3""#,
                #"bad 1: SET with the option "EX": only SET key value is taken, as expiry and conditions are not kept"#,
                #"bad 2: the command "SELECT": only SET and MSET make rows"#, "bad 3: SET needs a key and a value",
                "bad 4: MSET needs keys and values in pairs",
            ]),
        DecoderCase(
            "the input ends inside an array", "SET a 1\n*3\r\n$3\r\nSET\r\n",
            [#"1: "a" = "1""#, "failed 2: the input ends inside a command"]),
        DecoderCase(
            "a wrong length", "*2\r\n$3\r\nSETX\r\n",
            ["failed 3: no line end behind a string of 3 bytes: its length is wrong"]),
        DecoderCase("no length", "*2\r\n$\r\n", ["failed 2: a length that is not a number"]),
        DecoderCase("a length with a letter", "*2x\r\n\r\n", ["failed 1: a length that is not a number"]),
        DecoderCase("a string without a dollar", "*1\r\n+OK\r\n", ["failed 2: expected '$' and a length, found \"+\""]),
        DecoderCase("too many arguments", "*1048577\r\n", ["failed 1: a length above Redis's limit of 1048576"]),
        DecoderCase(
            "too long a string", "*1\r\n$536870913\r\n", ["failed 2: a length above Redis's limit of 536870912"]),
        DecoderCase(
            "an absurd length", "*1\r\n$99999999999999999999999999999999\r\n",
            ["failed 2: a length above Redis's limit of 536870912"]),
        DecoderCase("no bytes at all", "", []),
    ]

    @Test("decodes the same at every split of the input", arguments: cases)
    func decodes(_ test: DecoderCase) {
        let (whole, differing) = DecoderOutcome.decodeAtEverySplit(test.input) { RESPDecoder() }
        #expect(whole.lines == test.expected)
        #expect(differing == nil)
    }

    @Test("refuses an endless inline command", arguments: [65_536, 65_537])
    func inlineLimit(_ count: Int) {
        let line = Array("SET a ".utf8) + [UInt8](repeating: 0x78, count: count - 6)
        let outcome = DecoderOutcome.decode(line, cuts: [line.count], RESPDecoder())
        if count <= 65_536 {
            #expect(outcome.rows.count == 1)
        } else {
            #expect(outcome.failure == "1: an inline command of more than 64 KiB; is this RESP?")
        }
    }
}
