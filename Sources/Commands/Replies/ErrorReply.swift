import Bytes
import RESP

/// Error replies in Redis's words, each without the leading `-` and the line end.
///
/// Those that quote what a client sent are bytes, as that need not be text; ``ReplyWriter`` takes care of
/// line ends in them.
enum ErrorReply {
    static let readOnly: StaticString = "READONLY You can't write against a read only replica."
    static let wrongType: StaticString =
        "WRONGTYPE Operation against a key holding the wrong kind of value"
    static let syntax: StaticString = "ERR syntax error"
    static let shardSubscriptionInTransaction: StaticString =
        "ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client"
    static let notAnInteger: StaticString = "ERR value is not an integer or out of range"
    static let outsideInt32: StaticString =
        "ERR value is out of range, value must between -2147483648 and 2147483647"
    static let invalidCursor: StaticString = "ERR invalid cursor"
    static let invalidProtocolVersion: StaticString = "ERR Protocol version is not an integer or out of range"
    static let unsupportedProtocol: StaticString = "NOPROTO unsupported protocol version"
    static let noSuchDatabase: StaticString = "ERR DB index is out of range"
    static let noPasswordSet: StaticString = """
        ERR AUTH <password> called without any password configured for the default user. \
        Are you sure your configuration is correct?
        """
    static let wrongPassword: StaticString = "WRONGPASS invalid username-password pair or user is disabled."
    static let invalidClientName: StaticString =
        "ERR Client names cannot contain spaces, newlines or special characters."
    static let invalidClientID: StaticString = "ERR Invalid client ID"
    static let clientNumber: StaticString = "ERR client-id should be greater than 0"
    static let maximumAge: StaticString = "ERR maxage is not an integer or out of range"
    static let maximumAgeTooLow: StaticString = "ERR maxage should be greater than 0"
    static let noSuchClient: StaticString = "ERR No such client"
    static let unblockReason: StaticString = "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"
    static let clusterDisabled: StaticString = "ERR This instance has cluster support disabled"
    static let nestedMulti: StaticString = "ERR MULTI calls can not be nested"
    static let watchInMulti: StaticString = "ERR WATCH inside MULTI is not allowed"
    static let execWithoutMulti: StaticString = "ERR EXEC without MULTI"
    static let discardWithoutMulti: StaticString = "ERR DISCARD without MULTI"
    static let transactionDiscarded: StaticString =
        "EXECABORT Transaction discarded because of previous errors."
    static let cannotPublish: StaticString = "NOPERM only the server itself publishes messages here"
    static let tooManySubscriptions: StaticString = "ERR too many subscriptions"
    static let noControl: StaticString = "ERR the datasets of this server cannot be managed"
    static let frequencyNotTracked: StaticString = """
        ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching \
        between policies at runtime LRU and LFU data will take some time to adjust.
        """
    /// The files cannot be read; clients are told no more, the log has the cause.
    static let damaged: StaticString = "ERR the data of this key cannot be read, the server's log says why"

    /// The same for commands that read many keys.
    static let damagedWalk: StaticString = "ERR the dataset cannot be read, the server's log says why"

    /// How much of a name, and of all arguments together, an error repeats.
    private static let quotedBytesMax = 128

    /// For a request whose command is in the table, and whose sub-command is not.
    static func unknownSubcommand(_ request: borrowing Request) -> [UInt8] {
        var text = Array("ERR unknown subcommand '".utf8)
        append(request[1], max: quotedBytesMax, to: &text)
        text += "'. Try \(String(copying: request[0]).uppercased()) HELP.".utf8
        return text
    }

    /// For a sub-command whose arguments only it can count.
    static func subcommandArguments(_ request: borrowing Request) -> [UInt8] {
        quoting("ERR unknown subcommand or wrong number of arguments for '", request[1], "'. Try ")
            + "\(String(copying: request[0]).uppercased()) HELP.".utf8
    }

    /// For a request that RESP2 does not allow on a connection that messages come on.
    static func subscribed(_ row: CommandRow, _ table: CommandTable) -> String {
        """
        ERR Can't execute '\(table.command(of: row).fullName)': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / \
        QUIT / RESET are allowed in this context
        """
    }

    /// For a request whose command is not in the table.
    static func unknownCommand(_ request: borrowing Request) -> [UInt8] {
        var text = Array("ERR unknown command '".utf8)
        append(request[0], max: quotedBytesMax, to: &text)
        text += "', with args beginning with: ".utf8
        let start = text.count
        var index = 1
        while index < request.count, text.count - start < quotedBytesMax {
            let left = quotedBytesMax - (text.count - start)
            text.append(UInt8(ascii: "'"))
            append(request[index], max: left, to: &text)
            text += "' ".utf8
            index += 1
        }
        return text
    }

    static func wrongArity(_ row: CommandRow, _ table: CommandTable) -> String {
        "ERR wrong number of arguments for '\(table.command(of: row).fullName)' command"
    }

    /// For a command that is refused for a reason of its own.
    static func notAvailable(_ command: Command) -> [UInt8] {
        let name = command.fullName.replacing("|", with: " ").uppercased()
        return Array("ERR \(name) is not available here: \(command.standing.reason ?? "")".utf8)
    }

    static func helloOption(_ option: Span<UInt8>) -> [UInt8] {
        quoting("ERR Syntax error in HELLO option '", option, "'")
    }

    static func unknownClientType(_ type: Span<UInt8>) -> [UInt8] {
        quoting("ERR Unknown client type '", type, "'")
    }

    static func unknownUser(_ name: Span<UInt8>) -> [UInt8] {
        quoting("ERR No such user '", name, "'")
    }

    static func unknownClientAttribute(_ attribute: Span<UInt8>) -> [UInt8] {
        quoting("ERR Unrecognized option '", attribute, "'")
    }

    static func invalidClientAttribute(_ attribute: Span<UInt8>) -> [UInt8] {
        quoting("ERR ", attribute, " cannot contain spaces, newlines or special characters.")
    }

    /// Whether a request's first word is what a browser sends that was tricked into sending to this port.
    ///
    /// Redis closes such connections without a reply.
    static func isCrossProtocol(_ name: Span<UInt8>) -> Bool {
        name.equalsIgnoringCase("post") || name.equalsIgnoringCase("host:")
    }

    static func quoting(_ before: StaticString, _ quoted: Span<UInt8>, _ after: StaticString) -> [UInt8] {
        var text = Array(before.description.utf8)
        append(quoted, max: .max, to: &text)
        text += after.description.utf8
        return text
    }

    /// Appends `quoted` as C's `%.*s` does: up to its first zero byte, and `max` bytes at most.
    private static func append(_ quoted: Span<UInt8>, max: Int, to text: inout [UInt8]) {
        for index in 0..<min(quoted.count, max) {
            guard quoted[index] != 0 else { return }
            text.append(quoted[index])
        }
    }
}

extension Span<UInt8> {
    /// Whether these are the bytes of `text`, ASCII letters of either case being the same.
    func equalsIgnoringCase(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        guard let ours = CommandName(self), let theirs = CommandName(text.description) else {
            return isEmpty || String(copying: self).lowercased() == text.description.lowercased()
        }
        return ours == theirs
    }

    func elementsEqual(_ text: StaticString) -> Bool {
        let other = text.description.utf8.span
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }
}

extension String {
    /// Text from bytes that a client sent; what is not UTF-8 becomes U+FFFD.
    init(copying bytes: Span<UInt8>) {
        self = String(decoding: [UInt8](copying: bytes), as: UTF8.self)
    }
}

extension [UInt8] {
    init(copying bytes: Span<UInt8>) {
        self.init()
        reserveCapacity(bytes.count)
        for index in bytes.indices { append(bytes[index]) }
    }
}
