import RESP
import TestSupport
import Testing

@Suite struct RequestParserTests {
    static let valid: [StreamCase] = [
        StreamCase("", []),
        StreamCase("*1\r\n$4\r\nPING\r\n", [["PING"]]),
        StreamCase("*2\r\n$3\r\nGET\r\n$0\r\n\r\n", [["GET", ""]]),
        StreamCase("*3\r\n$4\r\nMGET\r\n$3\r\na\r\n\r\n$2\r\n\r\n\r\n", [["MGET", "a\r\n", "\r\n"]]),
        StreamCase("*1\r\n$12\r\n*1\r\n$4\r\nPING\r\n", [["*1\r\n$4\r\nPING"]]),
        StreamCase(
            "*2\r\n$4\r\nECHO\r\n$10\r\n0123456789\r\n*1\r\n$4\r\nPING\r\n", [["ECHO", "0123456789"], ["PING"]]),
        StreamCase("*0\r\n*1\r\n$1\r\na\r\n", [[], ["a"]]),
        StreamCase("*-1\r\n*-10\r\nPING\r\n", [[], [], ["PING"]]),
        StreamCase("*-9223372036854775808\r\n", [[]]),
        StreamCase("\r\n\n   \r\n\t\n", [[], [], [], []]),
        StreamCase("PING\r\nPING\n*1\r\n$4\r\nPING\r\nGET k\r\n", [["PING"], ["PING"], ["PING"], ["GET", "k"]]),
        StreamCase("*1\r\n$4\r\nPIN", [], left: 11),
        StreamCase("PING\r\nPIN", [["PING"]], left: 3),
        StreamCase("*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n", [["PING"]], left: 13),
        StreamCase("*1\r\n$10\r\n", [], left: 9),
    ]

    static let inline: [StreamCase] = [
        StreamCase("  PING  \r\n", [["PING"]]),
        StreamCase("\tPING\u{0b}x\u{0c}y\r\n", [["PING", "x", "y"]]),
        StreamCase("get  key\n", [["get", "key"]]),
        StreamCase("a\rb\r\n", [["a", "b"]]),
        StreamCase("a\r\r\n", [["a"]]),
        StreamCase("ECHO \"a b\" 'c d'\r\n", [["ECHO", "a b", "c d"]]),
        StreamCase("ECHO \"\" ''\r\n", [["ECHO", "", ""]]),
        StreamCase(#"ECHO "\x41\n\t\b\a\r\"\\\q""# + "\n", [["ECHO", "A\n\t\u{08}\u{07}\r\"\\q"]]),
        StreamCase(#"ECHO "\x4" "\xg1" "\x""# + "\n", [["ECHO", "x4", "xg1", "x"]]),
        StreamCase(#"ECHO 'it\'s \n \\ '"# + "\n", [["ECHO", #"it's \n \\ "#]]),
        StreamCase(#"ECHO 'it\\'"# + "\n", [], .unbalancedQuotes),
        StreamCase(#"a"b"  "c"'d'"# + "\n", [], .unbalancedQuotes),
        StreamCase(#"ab"c d""# + "\n", [["abc d"]]),
        StreamCase(#"back\slash \n"# + "\n", [[#"back\slash"#, #"\n"#]]),
        StreamCase("$4\r\nPING\r\n", [["$4"], ["PING"]]),
        StreamCase("PING\0 x\r\n", [["PING"]]),
        StreamCase("PING \0x\r\n", [["PING"]]),
        StreamCase("\0PING\r\n", [[]]),
        StreamCase("ECHO \"a\"\0b\r\n", [["ECHO", "a"]]),
        StreamCase("ECHO \"a\0b\"\r\n", [], .unbalancedQuotes),
        StreamCase("GET \"key\r\n", [], .unbalancedQuotes),
        StreamCase("GET 'key\r\n", [], .unbalancedQuotes),
        StreamCase("GET \"key\"x\r\n", [], .unbalancedQuotes),
        StreamCase("GET 'key'x\r\n", [], .unbalancedQuotes),
        StreamCase("GET \"\\\"\r\n", [], .unbalancedQuotes),
        StreamCase("GET \"\\\r\n", [], .unbalancedQuotes),
        StreamCase("GET '\\'\r\n", [], .unbalancedQuotes),
    ]

    static let errors: [StreamCase] = [
        StreamCase("*1048577\r\n", [], .invalidMultibulkLength),
        StreamCase("*2147483648\r\n", [], .invalidMultibulkLength),
        StreamCase("*99999999999999999999\r\n", [], .invalidMultibulkLength),
        StreamCase("*999999999999999999999999999\r\n", [], .invalidMultibulkLength),
        StreamCase("*abc\r\n", [], .invalidMultibulkLength),
        StreamCase("*1x\r\n$4\r\nPING\r\n", [], .invalidMultibulkLength),
        StreamCase("* 1\r\n", [], .invalidMultibulkLength),
        StreamCase("*01\r\n", [], .invalidMultibulkLength),
        StreamCase("*+1\r\n", [], .invalidMultibulkLength),
        StreamCase("*-0\r\n", [], .invalidMultibulkLength),
        StreamCase("*\r\n", [], .invalidMultibulkLength),
        StreamCase("*1\rx", [], .invalidMultibulkLength),
        StreamCase("*1\n$4\nPING\n\r\n", [], .invalidMultibulkLength),
        StreamCase("*1\r\n$-1\r\n", [], .invalidBulkLength),
        StreamCase("*2\r\n$3\r\nGET\r\n$536870913\r\n", [], .invalidBulkLength),
        StreamCase("*1\r\n$99999999999999999999\r\n", [], .invalidBulkLength),
        StreamCase("*1\r\n$9999999999\r\n", [], .invalidBulkLength),
        StreamCase("*1\r\n$abc\r\n", [], .invalidBulkLength),
        StreamCase("*1\r\n$ 4\r\nPING\r\n", [], .invalidBulkLength),
        StreamCase("*1\r\n$04\r\nPING\r\n", [], .invalidBulkLength),
        StreamCase("*1\r\n$\r\n", [], .invalidBulkLength),
        StreamCase("*1\r\n$4\rx", [], .invalidBulkLength),
        StreamCase("*1\r\n$4\r\nPINGxx", [], .unterminatedBulk),
        StreamCase("*1\r\n$4\r\nPING\rx", [], .unterminatedBulk),
        StreamCase("*1\r\n$4\r\nPING\n\r", [], .unterminatedBulk),
        StreamCase("*2\r\n*1\r\n$3\r\nGET\r\n", [], .expectedBulk(found: UInt8(ascii: "*"))),
        StreamCase("*2\r\n$3\r\nGET\r\n:1\r\n", [], .expectedBulk(found: UInt8(ascii: ":"))),
        StreamCase("*2\r\n$3\r\nGET\r\n_\r\n", [], .expectedBulk(found: UInt8(ascii: "_"))),
        StreamCase("*1\r\n\r", [], .expectedBulk(found: 13)),
        StreamCase("PING\r\n*1\r\n$1\r\na\r\n*1\r\n$x\r\nPING\r\n", [["PING"], ["a"]], .invalidBulkLength),
    ]

    @Test("Requests are found in a stream, whole or cut in two at any place", arguments: valid + inline + errors)
    func everySplit(test: StreamCase) {
        let expected = test.expected()
        #expect(ParsedStream(test.bytes) == expected)
        #expect(ParsedStream(test.bytes, cuts: 0..<test.bytes.count) == expected, "byte by byte")
        for cut in test.bytes.indices {
            #expect(ParsedStream(test.bytes, cuts: [cut]) == expected, "cut at \(cut)")
        }
    }

    @Test("Every pair of cuts of a pipeline gives the same requests")
    func everyPairOfCuts() {
        let text = "*2\r\n$3\r\nGET\r\n$2\r\nab\r\nSET \"x\"\r\n*-1\r\n*1\r\n$0\r\n\r\n"
        let bytes = Array(text.utf8)
        let expected = ParsedStream([["GET", "ab"], ["SET", "x"], [], [""]])
        for first in bytes.indices {
            for second in first..<bytes.count where ParsedStream(bytes, cuts: [first, second]) != expected {
                Issue.record("cut at \(first) and \(second)")
            }
        }
    }

    @Test(
        "A protocol error has Redis's words",
        arguments: [
            (ProtocolError.invalidMultibulkLength, "invalid multibulk length"),
            (.invalidBulkLength, "invalid bulk length"),
            (.multibulkCountTooLong, "too big mbulk count string"),
            (.bulkCountTooLong, "too big bulk count string"),
            (.inlineTooLong, "too big inline request"),
            (.unbalancedQuotes, "unbalanced quotes in request"),
            (.expectedBulk(found: UInt8(ascii: "*")), "expected '$', got '*'"),
            (.expectedBulk(found: 13), "expected '$', got ' '"),
            (.expectedBulk(found: 255), "expected '$', got '\u{FFFD}'"),
            (.unterminatedBulk, "a bulk does not end with CRLF"),
        ])
    func words(error: ProtocolError, words: String) {
        #expect(String(decoding: error.text, as: UTF8.self) == "ERR Protocol error: " + words)
    }

    @Test("A request stays readable until the parser goes on, and its memory is given back afterwards")
    func borrowing() throws {
        var parser = RequestParser(limits: RequestParser.Limits())
        let large = Array(("*1000\r\n" + String(repeating: "$1\r\na\r\n", count: 1_000)).utf8)
        #expect(try parser.parse(large.span) == .request(byteCount: large.count))
        #expect(parser.request(in: large.span).count == 1_000)
        let small = Array("ECHO x\r\n".utf8)
        #expect(try parser.parse(small.span) == .request(byteCount: small.count))
        #expect(Array(copying: parser.request(in: small.span)[1]) == Array("x".utf8))
        let next = Array("*1\r\n$1\r\ny\r\n".utf8)
        #expect(try parser.parse(next.span) == .request(byteCount: next.count))
        #expect(Array(copying: parser.request(in: next.span)[0]) == Array("y".utf8))
    }

    @Test("Any bytes, cut anywhere, give what they give whole", arguments: 1...40)
    func randomBytes(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let alphabet = Array("*$-0123456789\r\n\r\n\r\n\"'\\x ab\0".utf8)
        for _ in 0..<200 {
            var bytes: [UInt8] = []
            while bytes.count < 60 {
                switch random.pick(0...5) {
                case 0: bytes += Array("*\(random.pick(-1...4))\r\n".utf8)
                case 1...2:
                    let count = random.pick(0...6)
                    bytes += Array("$\(count)\r\n".utf8) + random.bytes(count) + Array("\r\n".utf8)
                case 3: bytes += Array("GET \"k\\x\(random.pick(10...99))\" 'v'\r\n".utf8)
                case 4: bytes += (0..<random.pick(1...8)).map { _ in alphabet[random.pick(0...alphabet.count - 1)] }
                default: bytes += random.bytes(random.pick(0...3))
                }
            }
            let limits = RequestParser.Limits(argumentCountMax: 3, argumentBytesMax: 5, inlineBytesMax: 16)
            let whole = ParsedStream(bytes, limits: limits)
            let step = random.pick(1...9)
            #expect(ParsedStream(bytes, cuts: stride(from: 0, to: bytes.count, by: step), limits: limits) == whole)
        }
    }
}
