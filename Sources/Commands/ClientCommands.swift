import Bytes
import RESP

/// Why a request gets an error reply, found while its arguments were read.
struct CommandError: Error, Equatable {
    /// The reply without its leading `-` and line end; not always text, as it may quote the client.
    let text: [UInt8]

    init(_ text: [UInt8]) { self.text = text }
    init(_ text: StaticString) { self.text = Array(text.description.utf8) }
}

/// Which connections `CLIENT LIST` lists.
struct ClientFilter: Sendable, Equatable {
    /// `nil` for all.
    private(set) var ids: Set<Int>?
    private(set) var kind: ClientFacts.Kind?

    /// One connection, as `CLIENT INFO` wants it.
    init(id: Int) { ids = [id] }

    /// Reads the arguments of `CLIENT LIST [TYPE type | ID id…]`.
    init(_ request: borrowing Request) throws(CommandError) {
        guard request.count > 2 else { return }
        if request.count == 4, request[2].equalsIgnoringCase("type") {
            let name = String(copying: request[3]).lowercased()
            guard let kind = ClientFacts.Kind(rawValue: name == "slave" ? "replica" : name) else {
                throw CommandError(ErrorReply.unknownClientType(request[3]))
            }
            self.kind = kind
        } else if request.count > 3, request[2].equalsIgnoringCase("id") {
            var ids: Set<Int> = []
            for index in 3..<request.count {
                guard let id = Int(decimal: request[index]) else { throw CommandError(ErrorReply.invalidClientID) }
                ids.insert(id)
            }
            self.ids = ids
        } else {
            throw CommandError(ErrorReply.syntax)
        }
    }

    func includes(_ client: ClientFacts) -> Bool {
        (ids?.contains(client.id) ?? true) && (kind.map { $0 == client.kind } ?? true)
    }
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
