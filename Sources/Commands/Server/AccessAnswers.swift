import Bytes
import RESP

/// The replies of `ACL`: there is one user, `default`, who may do everything and has no password.
struct AccessAnswers {
    let table: CommandTable

    /// Writes the reply to a request whose arity is right.
    ///
    /// - Returns: False for the commands of others, with nothing written.
    /// - Throws: What to reply instead, with nothing written.
    func write(
        _ command: CommandRow, _ request: borrowing Request, to reply: inout ReplyWriter
    ) throws(CommandError) -> Bool {
        switch command.action {
        case .aclWhoami: reply.bulk(Self.user)
        case .aclUsers: Self.write([Self.user], to: &reply)
        case .aclList: Self.write(["user default on nopass ~* &* +@all"], to: &reply)
        case .aclCategories: try writeCategories(request, to: &reply)
        case .aclGetUser:
            guard request[2].elementsEqual("default") else {
                reply.null()
                return true
            }
            Self.writeUser(to: &reply)
        case .aclGeneratePassword: try Self.writePassword(request, to: &reply)
        case .aclDryRun: try writeDryRun(request, to: &reply)
        case .aclLog:
            if try Self.isLogReset(request) { reply.ok() } else { reply.array(count: 0) }
        case .aclSetUser:
            throw CommandError("ERR users cannot be changed: 'default' is the only one, and has no password")
        case .aclDeleteUser:
            for index in 2..<request.count where request[index].elementsEqual("default") {
                throw CommandError("ERR The 'default' user cannot be removed")
            }
            reply.integer(0)
        case .aclSave, .aclLoad: throw CommandError(Self.noFile)
        default: return false
        }
        return true
    }

    private func writeCategories(_ request: borrowing Request, to reply: inout ReplyWriter) throws(CommandError) {
        guard request.count <= 3 else { throw CommandError(ErrorReply.subcommandArguments(request)) }
        guard request.count == 3 else {
            return Self.write(CommandCategories.names.map { String($0.name.description.dropFirst()) }, to: &reply)
        }
        let wanted = "@" + String(copying: request[2]).lowercased()
        guard let category = CommandCategories.names.first(where: { $0.name.description == wanted })?.category else {
            throw CommandError(ErrorReply.quoting("ERR Unknown category '", request[2], "'"))
        }
        Self.write(table.commands.filter { $0.categories.contains(category) }.map(\.fullName), to: &reply)
    }

    private static func writeUser(to reply: inout ReplyWriter) {
        reply.map(count: 6)
        reply.bulk("flags" as StaticString)
        reply.set(count: 2)
        reply.bulk("on" as StaticString)
        reply.bulk("nopass" as StaticString)
        reply.bulk("passwords" as StaticString)
        reply.array(count: 0)
        reply.bulk("commands" as StaticString)
        reply.bulk("+@all" as StaticString)
        reply.bulk("keys" as StaticString)
        reply.bulk("~*" as StaticString)
        reply.bulk("channels" as StaticString)
        reply.bulk("&*" as StaticString)
        reply.bulk("selectors" as StaticString)
        reply.array(count: 0)
    }

    /// So many bits, rounded up to whole hexadecimal digits, from the system's own source of chance.
    private static func writePassword(_ request: borrowing Request, to reply: inout ReplyWriter) throws(CommandError) {
        guard request.count <= 3 else { throw CommandError(ErrorReply.subcommandArguments(request)) }
        var bits = 256
        if request.count == 3 {
            guard let number = Int(decimal: request[2]) else { throw CommandError(ErrorReply.notAnInteger) }
            guard 1...4_096 ~= number else {
                throw CommandError(badBitCount)
            }
            bits = number
        }
        var generator = SystemRandomNumberGenerator()
        let digits = (0..<(bits + 3) / 4).map { _ in
            String(generator.next(upperBound: 16 as UInt64), radix: 16)
        }
        reply.bulk(digits.joined())
    }

    private func writeDryRun(_ request: borrowing Request, to reply: inout ReplyWriter) throws(CommandError) {
        guard request[2].elementsEqual("default") else {
            throw CommandError(ErrorReply.quoting("ERR User '", request[2], "' not found"))
        }
        guard var command = table.find(request[3]) else {
            throw CommandError(ErrorReply.quoting("ERR Command '", request[3], "' not found"))
        }
        if command.isContainer, request.count > 4 {
            guard let subcommand = table.find(request[4], in: command) else {
                throw CommandError(ErrorReply.quoting("ERR Command '", request[3], "' not found"))
            }
            command = subcommand
        }
        guard command.accepts(argumentCount: request.count - 3) else {
            throw CommandError(Array(ErrorReply.wrongArity(command, table).utf8))
        }
        reply.ok()
    }

    /// Reads `ACL LOG [count | RESET]`.
    private static func isLogReset(_ request: borrowing Request) throws(CommandError) -> Bool {
        guard request.count <= 3 else { throw CommandError(ErrorReply.subcommandArguments(request)) }
        guard request.count == 3 else { return false }
        if request[2].equalsIgnoringCase("reset") { return true }
        guard Int(decimal: request[2]) != nil else { throw CommandError(ErrorReply.notAnInteger) }
        return false
    }

    private static func write(_ names: [String], to reply: inout ReplyWriter) {
        reply.array(count: names.count)
        for name in names { reply.bulk(name) }
    }

    private static let user = "default"
    private static let badBitCount: StaticString = """
        ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096
        """
    private static let noFile: StaticString = """
        ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER \
        command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store \
        users in the Redis configuration.
        """
}
