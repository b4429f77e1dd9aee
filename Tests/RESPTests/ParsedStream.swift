import RESP
import TestSupport

/// What a parser made of a stream of bytes: its requests, then the error that ended it, if one did.
struct ParsedStream: Equatable {
    var requests: [[[UInt8]]] = []
    var failure: ProtocolError?
    /// Bytes behind the last whole request.
    var bytesLeft = 0

    init(_ requests: [[String]], failure: ProtocolError? = nil, bytesLeft: Int = 0) {
        self.requests = requests.map { $0.map { Array($0.utf8) } }
        self.failure = failure
        self.bytesLeft = bytesLeft
    }

    /// Parses `bytes`, of which the parser sees more and more: up to each of `cuts`, then all.
    init(_ bytes: [UInt8], cuts: some Sequence<Int> = [], limits: RequestParser.Limits = RequestParser.Limits()) {
        var parser = RequestParser(limits: limits)
        var start = 0
        for end in Array(cuts) + [bytes.count] {
            while failure == nil {
                // An array of its own, so that the address sanitizer sees a read past its end.
                let window = Array(bytes[start..<end])
                do throws(ProtocolError) {
                    guard case .request(let byteCount) = try parser.parse(window.span) else { break }
                    precondition((1...window.count).contains(byteCount))
                    start += byteCount
                    let request = parser.request(in: window.span)
                    requests.append((0..<request.count).map { Array(copying: request[$0]) })
                } catch {
                    failure = error
                }
            }
        }
        bytesLeft = failure == nil ? bytes.count - start : 0
    }
}

/// A stream and what is in it.
struct StreamCase: CustomStringConvertible, Sendable {
    let bytes: [UInt8]
    let expected: @Sendable () -> ParsedStream

    var description: String { String(decoding: bytes.prefix(60), as: UTF8.self).debugDescription }

    init(_ text: String, _ requests: [[String]], _ failure: ProtocolError? = nil, left: Int = 0) {
        bytes = Array(text.utf8)
        expected = { ParsedStream(requests, failure: failure, bytesLeft: left) }
    }
}
