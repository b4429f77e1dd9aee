import Bytes
import RESP
import TestSupport
import Testing

@Suite struct ReplyParserTests {
    struct StreamCase: Sendable, CustomTestStringConvertible {
        let text: String
        let replies: [Reply]
        var failure: ReplyError?

        init(_ text: String, _ replies: [Reply], _ failure: ReplyError? = nil) {
            (self.text, self.replies, self.failure) = (text, replies, failure)
        }

        var testDescription: String { text.debugDescription }
    }

    private static func bulk(_ text: String) -> Reply { .bulk(Array(text.utf8)) }

    static let valid: [StreamCase] = [
        StreamCase("+OK\r\n-ERR no\r\n:-42\r\n", [.simple("OK"), .error("ERR no"), .integer(-42)]),
        StreamCase("+\r\n", [.simple("")]),
        StreamCase("$0\r\n\r\n$3\r\na\r\n\r\n$-1\r\n", [bulk(""), bulk("a\r\n"), .null]),
        StreamCase("*0\r\n*-1\r\n*2\r\n$1\r\na\r\n:1\r\n", [.array([]), .null, .array([bulk("a"), .integer(1)])]),
        StreamCase(
            "*3\r\n*1\r\n*1\r\n+x\r\n*0\r\n$-1\r\n+y\r\n",
            [.array([.array([.array([.simple("x")])]), .array([]), .null]), .simple("y")]),
        StreamCase(
            "*2\r\n$1\r\n0\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n", [.array([bulk("0"), .array([bulk("a"), bulk("b")])])]),
        StreamCase(
            "_\r\n#t\r\n#f\r\n,1.5\r\n(123\r\n", [.null, .integer(1), .integer(0), .simple("1.5"), .simple("123")]),
        StreamCase("=6\r\ntxt:ab\r\n!5\r\nERR x\r\n", [bulk("ab"), .error("ERR x")]),
        StreamCase("%1\r\n+k\r\n:1\r\n~1\r\n:2\r\n", [.array([.simple("k"), .integer(1)]), .array([.integer(2)])]),
        StreamCase(">1\r\n+p\r\n%0\r\n>0\r\n", [.push([.simple("p")]), .array([]), .push([])]),
        StreamCase("*2\r\n:1\r\n", []),
        StreamCase("$5\r\nabc", []),
    ]

    static let broken: [StreamCase] = [
        StreamCase("+OK\r\nHTTP/1.1 400\r\n", [.simple("OK")], .unknownKind(UInt8(ascii: "H"))),
        StreamCase("+a\rb\r\n", [], .unterminatedLine),
        StreamCase(":1x\r\n", [], .invalidNumber),
        StreamCase(":\r\n", [], .invalidNumber),
        StreamCase("$-2\r\n", [], .invalidNumber),
        StreamCase("!-1\r\n", [], .invalidNumber),
        StreamCase("*-2\r\n", [], .invalidNumber),
        StreamCase("%-1\r\n", [], .invalidNumber),
        StreamCase("#x\r\n", [], .invalidNumber),
        StreamCase("$3\r\nabcx\r\n", [], .unterminatedBulk),
        StreamCase("$536870913\r\n", [], .bulkTooLong),
        StreamCase("$99999999999999999999\r\n", [], .invalidNumber),
        StreamCase("*1048577\r\n", [], .tooManyElements),
        StreamCase("%9223372036854775807\r\n", [], .tooManyElements),
        StreamCase("%600000\r\n", [], .tooManyElements),
        StreamCase("*2\r\n*1048575\r\n", [], .tooManyElements),
        StreamCase(String(repeating: "*1\r\n", count: 17), [], .tooDeep),
        StreamCase("?\r\n", [], .unknownKind(UInt8(ascii: "?"))),
    ]

    /// Parses `bytes` as they would come: up to each of `cuts`, then all.
    private func parse(
        _ bytes: [UInt8], cuts: [Int], limits: ReplyParser.Limits = ReplyParser.Limits()
    ) -> (replies: [Reply], failure: ReplyError?) {
        var parser = ReplyParser(limits: limits)
        var buffer = ByteBuffer()
        var replies: [Reply] = []
        var start = 0
        for end in cuts + [bytes.count] {
            buffer.append(bytes.span.extracting(start..<end))
            start = end
            do throws(ReplyError) {
                while true {
                    let (taken, reply) = try parser.parse(buffer.span)
                    buffer.removeFirst(taken)
                    guard let reply else { break }
                    replies.append(reply)
                }
            } catch {
                return (replies, error)
            }
        }
        return (replies, nil)
    }

    @Test(arguments: valid + broken) func `Replies are the same however the bytes are cut`(stream: StreamCase) {
        let bytes = Array(stream.text.utf8)
        for cut in 0...bytes.count {
            let (replies, failure) = parse(bytes, cuts: [cut])
            #expect(replies == stream.replies, "cut at \(cut)")
            #expect(failure == stream.failure, "cut at \(cut)")
        }
        let (replies, failure) = parse(bytes, cuts: Array(0..<bytes.count))
        #expect(replies == stream.replies)
        #expect(failure == stream.failure)
    }

    @Test func `Limits hold to the byte and the element`() {
        let limits = ReplyParser.Limits(
            lineBytesMax: 16, bulkBytesMax: 4, elementCountMax: 3, replyBytesMax: 37, depthMax: 2)
        func failure(_ text: String) -> ReplyError? {
            let bytes = Array(text.utf8)
            let whole = parse(bytes, cuts: [], limits: limits)
            let pieces = parse(bytes, cuts: Array(0..<bytes.count), limits: limits)
            #expect(whole.failure == pieces.failure)
            #expect((whole.replies.count == 1) == (whole.failure == nil))
            return whole.failure
        }
        #expect(failure("+123456789012345\r\n") == nil)
        #expect(failure("+1234567890123456\r\n") == .lineTooLong)
        #expect(failure("$4\r\nabcd\r\n") == nil)
        #expect(failure("$5\r\nabcde\r\n") == .bulkTooLong)
        #expect(failure("*3\r\n:1\r\n:2\r\n:3\r\n") == nil)
        #expect(failure("*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n") == .tooManyElements)
        #expect(failure("*2\r\n*1\r\n:1\r\n:2\r\n") == nil)
        #expect(failure("*2\r\n*2\r\n:1\r\n:2\r\n:3\r\n") == .tooManyElements)
        #expect(failure("*1\r\n*1\r\n*1\r\n:1\r\n") == .tooDeep)
        #expect(failure("*3\r\n+123456789012\r\n+1234567\r\n+12345\r\n") == nil)
        #expect(failure("*3\r\n+123456789012\r\n+1234567\r\n+123456\r\n") == .tooLong)
    }

    @Test func `What was counted for one reply does not weigh on the next`() {
        let limits = ReplyParser.Limits(elementCountMax: 2, replyBytesMax: 20)
        let bytes = Array(String(repeating: "*2\r\n:1\r\n:2\r\n", count: 50).utf8)
        let (replies, failure) = parse(bytes, cuts: [], limits: limits)
        #expect(failure == nil)
        #expect(replies.count == 50)
    }

    @Test func `No bytes end the process or are taken twice`() {
        var random = SeededRandom(seed: 4)
        let alphabet = Array("+-:$*_#,(!=%~>0123456789\r\n\r\nabc".utf8)
        for _ in 0..<20_000 {
            let bytes = (0..<random.pick(0...40)).map { _ in alphabet[random.pick(0...alphabet.count - 1)] }
            let whole = parse(bytes, cuts: [])
            let pieces = parse(bytes, cuts: Array(0..<bytes.count))
            #expect(whole.replies == pieces.replies && whole.failure == pieces.failure, "\(bytes)")
        }
    }
}
