import RESP
import TestSupport
import Testing

@Suite struct PlainGetTests {
    /// A `GET` as client libraries write it, with something behind it.
    private static func request(_ key: [UInt8], name: String = "GET") -> [UInt8] {
        Array("*2\r\n$3\r\n\(name)\r\n$\(key.count)\r\n".utf8) + key + Array("\r\n".utf8)
    }

    /// What the parser makes of the first request in `bytes`: its arguments and length; `nil` where that is none.
    private static func parsed(_ bytes: [UInt8]) -> (arguments: [[UInt8]], byteCount: Int)? {
        var parser = RequestParser(limits: RequestParser.Limits())
        guard case .request(let byteCount) = try? parser.parse(bytes.span) else { return nil }
        let request = parser.request(in: bytes.span)
        return ((0..<request.count).map { Array(copying: request[$0]) }, byteCount)
    }

    /// Whether a request that is recognised in `bytes` is just the one that the parser finds.
    private static func agrees(_ bytes: [UInt8]) -> Bool {
        guard let get = PlainGet(bytes.span, at: 0) else { return true }
        guard let parsed = parsed(bytes), parsed.arguments.count == 2 else { return false }
        let key = Array(bytes[get.keyStart..<get.keyEnd])
        return String(decoding: parsed.arguments[0], as: UTF8.self).uppercased() == "GET"
            && parsed.arguments[1] == key && parsed.byteCount == get.end
    }

    @Test("A GET is recognised with keys of every short length, behind anything, in any case")
    func recognised() {
        for length in 0...99 {
            for name in ["GET", "get", "gEt"] {
                let key = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37) }
                let front = Array("+front".utf8)
                let bytes = front + Self.request(key, name: name) + [UInt8](repeating: 0x2a, count: 8)
                guard let get = PlainGet(bytes.span, at: front.count) else {
                    Issue.record("a key of \(length) bytes is not recognised")
                    return
                }
                #expect(Array(bytes[get.keyStart..<get.keyEnd]) == key)
                #expect(get.end == bytes.count - 8)
            }
        }
    }

    @Test("What is not whole, or no such request, is left to the parser")
    func refused() {
        let whole = Self.request(Array("key:000000000001".utf8))
        for end in 0..<whole.count { #expect(PlainGet(Array(whole[..<end]).span, at: 0) == nil) }
        #expect(PlainGet(whole.span, at: 0) != nil)
        #expect(PlainGet(whole.span, at: -1) == nil)
        #expect(PlainGet(whole.span, at: whole.count) == nil)
        #expect(PlainGet(whole.span, at: .max) == nil)
        for other in [
            "*2\r\n$3\r\nDEL\r\n$8\r\n12345678\r\n", "*3\r\n$3\r\nGET\r\n$8\r\n12345678\r\n",
            "*2\r\n$3\r\nGET\r\n$08\r\n12345678\r\n", "*2\r\n$3\r\nGET\r\n$00\r\n\r\n12345678",
            "*2\r\n$3\r\nGET\r\n$-1\r\n12345678\r\n", "*2\r\n$3\r\nGET\r\n$8\r\n123456789\r\n",
            "*2\r\n$3\r\nGET\r\n:8\r\n12345678\r\n", "GET 12345678901234567890\r\n",
            "*2\r\n$3\r\nGET\r\n$8\n\n12345678\r\n\r\n", "*2\r\n$3\r\nGET\r\n$8\r\n12345678\n\n123",
        ] {
            #expect(PlainGet(Array(other.utf8).span, at: 0) == nil, "\(other.debugDescription)")
        }
    }

    @Test("Whatever one byte is changed to, a request that is recognised is the parser's")
    func mutated() {
        for length in [0, 1, 5, 9, 10, 16, 99] {
            let bytes = Self.request([UInt8](repeating: UInt8(ascii: "k"), count: length)) + Array("*2\r\n$3".utf8)
            for place in bytes.indices {
                for value in UInt8.min...UInt8.max {
                    var changed = bytes
                    changed[place] = value
                    if !Self.agrees(changed) { Issue.record("byte \(place) as \(value), key of \(length) bytes") }
                }
            }
        }
    }

    @Test("Limits that a short GET could break leave all of them to the parser")
    func limits() {
        #expect(RequestParser.Limits().admitPlainGets)
        #expect(RequestParser.Limits(argumentCountMax: 2, argumentBytesMax: 99).admitPlainGets)
        #expect(!RequestParser.Limits(argumentCountMax: 1).admitPlainGets)
        #expect(!RequestParser.Limits(argumentBytesMax: 98).admitPlainGets)
    }

    @Test("A parser that has begun a request keeps it", arguments: ["*", "*2\r\n", "*2\r\n$3\r\nGET\r\n$1", "PIN"])
    func between(begun: String) throws {
        var parser = RequestParser(limits: RequestParser.Limits())
        let before = parser.isBetweenRequests
        let outcome = try parser.parse(Array(begun.utf8).span)
        let during = parser.isBetweenRequests
        #expect(outcome == .needsMoreBytes)
        #expect((before, during) == (true, false))
    }

    @Test(
        "A parser that has found a whole request has begun no other", arguments: ["PING\r\n", "*1\r\n$4\r\nPING\r\n"])
    func after(request: String) throws {
        var parser = RequestParser(limits: RequestParser.Limits())
        let outcome = try parser.parse(Array(request.utf8).span)
        let after = parser.isBetweenRequests
        #expect(outcome == .request(byteCount: request.utf8.count))
        #expect(after)
    }
}
