import RESP
import TestSupport
import Testing

@Suite struct RequestLimitTests {
    private static let limits = RequestParser.Limits(argumentCountMax: 3, argumentBytesMax: 20, inlineBytesMax: 32)

    /// The stream whole and byte by byte, which must agree.
    private func parsed(_ text: String) -> ParsedStream {
        let bytes = Array(text.utf8)
        let whole = ParsedStream(bytes, limits: Self.limits)
        let trickled = ParsedStream(bytes, cuts: bytes.indices, limits: Self.limits)
        #expect(whole == trickled, "byte by byte is something else: \(text.debugDescription)")
        return whole
    }

    @Test("As many arguments as the limit says are taken, and one more is not")
    func argumentCount() {
        #expect(parsed("*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n") == ParsedStream([["a", "b", "c"]]))
        #expect(parsed("*4\r\n").failure == .invalidMultibulkLength)
        #expect(parsed("*2\r\n").failure == nil)
    }

    @Test("An argument as long as the limit says is taken, and one byte more is not")
    func argumentBytes() {
        let longest = String(repeating: "x", count: 20)
        #expect(parsed("*1\r\n$20\r\n\(longest)\r\n") == ParsedStream([[longest]]))
        #expect(parsed("*1\r\n$21\r\n").failure == .invalidBulkLength)
        #expect(parsed("*1\r\n$19\r\n").failure == nil)
    }

    @Test("An inline request as long as the limit says is taken, and one byte more is not, whole or in pieces")
    func inlineBytes() {
        for end in ["\n", "\r\n"] {
            let longest = String(repeating: "x", count: 32)
            #expect(parsed(longest + end) == ParsedStream([[longest]]))
            #expect(parsed(longest + "x" + end).failure == .inlineTooLong)
            #expect(parsed(String(longest.dropLast()) + end).failure == nil)
        }
        #expect(parsed(String(repeating: "x", count: 32)).failure == nil)
        #expect(parsed(String(repeating: "x", count: 33)).failure == .inlineTooLong)
    }

    @Test("A length line over the limit of inline requests is an error of its own, whole or in pieces")
    func lengthLines() {
        let digits = String(repeating: "1", count: 31)
        #expect(parsed("*" + digits).failure == nil)
        #expect(parsed("*" + digits + "1").failure == .multibulkCountTooLong)
        #expect(parsed("*" + digits + "\r\n").failure == .invalidMultibulkLength)
        #expect(parsed("*" + digits + "1\r\n").failure == .multibulkCountTooLong)
        #expect(parsed("*1\r\n$" + digits).failure == nil)
        #expect(parsed("*1\r\n$" + digits + "1").failure == .bulkCountTooLong)
        #expect(parsed("*1\r\n$" + digits + "\r\n").failure == .invalidBulkLength)
        #expect(parsed("*1\r\n$" + digits + "1\r\n").failure == .bulkCountTooLong)
    }

    @Test("Redis's own limits hold by default")
    func defaults() {
        let limits = RequestParser.Limits()
        #expect(limits.argumentCountMax == 1_048_576)
        #expect(limits.argumentBytesMax == 512 << 20)
        #expect(limits.inlineBytesMax == 64 << 10)
        func failure(_ text: String) -> ProtocolError? { ParsedStream(Array(text.utf8)).failure }
        #expect(failure("*1048576\r\n") == nil)
        #expect(failure("*1048577\r\n") == .invalidMultibulkLength)
        #expect(failure("*1\r\n$536870912\r\n") == nil)
        #expect(failure("*1\r\n$536870913\r\n") == .invalidBulkLength)
        #expect(failure(String(repeating: "a", count: 65_536)) == nil)
        #expect(failure(String(repeating: "a", count: 65_537)) == .inlineTooLong)
        #expect(failure("*" + String(repeating: "1", count: 70_000)) == .multibulkCountTooLong)
        #expect(failure("*1\r\n$" + String(repeating: "1", count: 70_000)) == .bulkCountTooLong)
    }

    @Test("A request of 20,000 arguments that trickles in byte by byte is not read from its start each time")
    func trickle() throws {
        let bytes = Array(("*20000\r\n" + String(repeating: "$3\r\nabc\r\n", count: 20_000)).utf8)
        var parser = RequestParser(limits: RequestParser.Limits())
        for end in 0..<bytes.count {
            // What was understood is never looked at again, so it may change to nonsense behind the parser's back.
            guard try parser.parse(bytes.span.extracting(..<end)) == .needsMoreBytes else {
                Issue.record("complete after \(end) bytes")
                return
            }
        }
        #expect(try parser.parse(bytes.span) == .request(byteCount: bytes.count))
        #expect(parser.request(in: bytes.span).count == 20_000)
    }

    @Test("Going on reads nothing of what was already understood")
    func resumption() throws {
        var bytes = Array("*3\r\n$3\r\nGET\r\n$1\r\na\r\n$1\r\nb\r\n".utf8)
        var parser = RequestParser(limits: RequestParser.Limits())
        let understood = "*3\r\n$3\r\nGET\r\n$1\r\na\r\n".utf8.count
        #expect(try parser.parse(bytes.span.extracting(..<understood)) == .needsMoreBytes)
        for index in 0..<understood { bytes[index] = UInt8(ascii: "?") }
        #expect(try parser.parse(bytes.span) == .request(byteCount: bytes.count))
        #expect(Array(copying: parser.request(in: bytes.span)[2]) == Array("b".utf8))
    }

    @Test("A request over 4 GiB in all is refused before its offsets no longer fit")
    func hugeRequest() throws {
        // Never touched but for the lines between the arguments, so it takes hardly any memory.
        let argument = 512 << 20
        let count = 9
        var header = Array("*\(count)\r\n".utf8)
        let line = Array("\r\n$\(argument)\r\n".utf8)
        header += line.dropFirst(2)
        let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: header.count + count * (argument + line.count))
        defer { unsafe bytes.deallocate() }
        for index in header.indices { unsafe bytes[index] = header[index] }
        var end = header.count
        for _ in 0..<count {
            end += argument
            for index in line.indices { unsafe bytes[end + index] = line[index] }
            end += line.count
        }
        var parser = RequestParser(limits: RequestParser.Limits())
        let span = unsafe Span(_unsafeElements: UnsafeBufferPointer(bytes))
        #expect(throws: ProtocolError.invalidBulkLength) { try parser.parse(span) }
    }
}
