import Bytes
import RESP

@testable import Commands

/// The bytes of a request made of `arguments`, each a byte a character up to U+00FF.
func requestBytes(_ arguments: [String]) -> [UInt8] {
    var text = Array("*\(arguments.count)\r\n".utf8)
    for argument in arguments {
        let bytes = argument.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        text += Array("$\(bytes.count)\r\n".utf8) + bytes + Array("\r\n".utf8)
    }
    return text
}

/// Lends a request made of `arguments` to `body`.
func withRequest<Result>(_ arguments: [String], _ body: (borrowing Request) -> Result) -> Result {
    let bytes = requestBytes(arguments)
    var parser = RequestParser(limits: RequestParser.Limits())
    guard (try? parser.parse(bytes.span)) == .request(byteCount: bytes.count) else {
        preconditionFailure("\(arguments) is no request")
    }
    return body(parser.request(in: bytes.span))
}

/// What `body` writes, a character a byte.
func written(_ version: ProtocolVersion = .resp2, _ body: (inout ReplyWriter) -> Void) -> String {
    var writer = ReplyWriter(version: version)
    body(&writer)
    return text([UInt8](copying: writer.output.span))
}

/// Bytes as text, a character each.
func text(_ bytes: [UInt8]) -> String {
    var text = ""
    for byte in bytes { text.unicodeScalars.append(Unicode.Scalar(byte)) }
    return text
}
