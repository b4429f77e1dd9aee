import Bytes
import RESP

/// Why a request gets an error reply, found while its arguments were read.
struct CommandError: Error, Equatable {
    /// The reply without its leading `-` and line end; not always text, as it may quote the client.
    let text: [UInt8]

    init(_ text: [UInt8]) { self.text = text }
    init(_ text: StaticString) { self.text = Array(text.description.utf8) }
}

/// What a client tells about the library it is made with.
enum ClientLibrary: Equatable {
    case name(String)
    case version(String)

    /// Reads the arguments of `CLIENT SETINFO LIB-NAME|LIB-VER value`.
    ///
    /// - Precondition: The arity is right.
    init(_ request: borrowing Request) throws(CommandError) {
        let isName = request[2].equalsIgnoringCase("lib-name")
        guard isName || request[2].equalsIgnoringCase("lib-ver") else {
            throw CommandError(ErrorReply.unknownClientAttribute(request[2]))
        }
        guard let value = ClientFacts.validName(request[3]) else {
            throw CommandError(ErrorReply.invalidClientAttribute(request[2]))
        }
        self = isName ? .name(value) : .version(value)
    }
}

extension Bool {
    /// Reads `ON` or `OFF`, in any case.
    init(onOrOff word: Span<UInt8>) throws(CommandError) {
        if word.equalsIgnoringCase("on") {
            self = true
        } else if word.equalsIgnoringCase("off") {
            self = false
        } else {
            throw CommandError(ErrorReply.syntax)
        }
    }
}
