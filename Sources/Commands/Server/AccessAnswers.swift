import Bytes
import Datasets
import RESP

/// The replies of `ACL`.
struct AccessAnswers: Sendable {
    let registry: AccessRegistry
    /// Who asks.
    let username: [UInt8]
    /// In nanoseconds of the monotonic clock.
    let now: UInt64
    /// Where the request of `ACL DRYRUN` would be run.
    let place: AccessCheck.Place

    private var table: CommandTable { registry.table }

    /// Writes the reply to a request whose arity is right.
    ///
    /// - Returns: False for the commands of others, with nothing written.
    /// - Throws: What to reply instead, with nothing written.
    func write(
        _ command: CommandRow, _ request: borrowing Request, to reply: inout ReplyWriter
    ) throws(CommandError) -> Bool {
        switch command.action {
        case .aclWhoami: reply.bulk(username.span)
        case .aclUsers: Self.write(registry.current.sorted.map(\.name), to: &reply)
        case .aclList: Self.write(registry.current.sorted.map(\.line), to: &reply)
        case .aclCategories: try writeCategories(request, to: &reply)
        case .aclGetUser:
            if let user = registry.current.users[[UInt8](copying: request[2])] {
                user.rules.write(to: &reply)
            } else {
                reply.null()
            }
        case .aclGeneratePassword: try Self.writePassword(request, to: &reply)
        case .aclDryRun: try writeDryRun(request, to: &reply)
        case .aclLog: try writeLog(request, to: &reply)
        case .aclSetUser:
            try setUser(request)
            reply.ok()
        case .aclDeleteUser: reply.integer(try deleteUsers(request))
        case .aclSave:
            try save()
            reply.ok()
        case .aclLoad:
            try load()
            reply.ok()
        default: return false
        }
        return true
    }

    private func writeCategories(_ request: borrowing Request, to reply: inout ReplyWriter) throws(CommandError) {
        guard request.count <= 3 else { throw CommandError(ErrorReply.subcommandArguments(request)) }
        guard request.count == 3 else {
            return Self.write(
                CommandCategories.names.map { Array($0.name.description.utf8.dropFirst()) }, to: &reply)
        }
        let wanted = "@" + String(copying: request[2]).lowercased()
        guard let category = CommandCategories.names.first(where: { $0.name.description == wanted })?.category else {
            throw CommandError(ErrorReply.quoting("ERR Unknown category '", request[2], "'"))
        }
        Self.write(
            table.commands.filter { $0.categories.contains(category) }.map { Array($0.fullName.utf8) }, to: &reply)
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
        guard let user = registry.current.users[[UInt8](copying: request[2])] else {
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
        guard let denial = registry.check.denial(of: user, command, request, in: place) else { return reply.ok() }
        let object = request[max(denial.argument, 3)]
        let text =
            switch denial.reason {
            case .command, .login:
                Array("This user has no permissions to run the '\(table.command(of: command).fullName)' command".utf8)
            case .key: ErrorReply.quoting("This user has no permissions to access the '", object, "' key")
            case .channel: ErrorReply.quoting("This user has no permissions to access the '", object, "' channel")
            case .database: Array("This user has no permissions to access the database".utf8)
            }
        reply.bulk(text.span)
    }

    /// `ACL LOG [count | RESET]`.
    private func writeLog(_ request: borrowing Request, to reply: inout ReplyWriter) throws(CommandError) {
        guard request.count <= 3 else { throw CommandError(ErrorReply.subcommandArguments(request)) }
        var count = 10
        if request.count == 3 {
            if request[2].equalsIgnoringCase("reset") {
                registry.log.reset()
                return reply.ok()
            }
            guard let number = Int(decimal: request[2]) else { throw CommandError(ErrorReply.notAnInteger) }
            count = max(number, 0)
        }
        let entries = registry.log.entries(count)
        reply.array(count: entries.count)
        for entry in entries { entry.write(now: now, to: &reply) }
    }

    // MARK: Changes

    private func setUser(_ request: borrowing Request) throws(CommandError) {
        let name = [UInt8](copying: request[2])
        guard !name.contains(where: \.isSpaceOrZero) else { throw CommandError(Self.badName) }
        let users = registry.current.users
        guard users.count < AccessRegistry.usersMax || users[name] != nil else { throw CommandError(Self.tooManyUsers) }
        guard name.count <= Self.nameBytesMax else { throw CommandError(Self.nameTooLong) }
        let given = (3..<request.count).map { [UInt8](copying: request[$0]) }
        let whole: [[UInt8]]
        do throws(AccessRules.UnmatchedParenthesis) {
            whole = try AccessRules.joined(given)
        } catch {
            throw CommandError(
                ErrorReply.quoting("ERR Unmatched parenthesis in acl selector starting at '", error.start.span, "'."))
        }
        try registry.setUser(name) { rules throws(CommandError) in
            for rule in whole {
                do throws(AccessRuleError) {
                    try rules.apply(rule, table)
                } catch {
                    throw CommandError(
                        ErrorReply.quoting("ERR Error in ACL SETUSER modifier '", rule.span, "': ")
                            + Array(error.text.utf8))
                }
            }
        }
    }

    private func deleteUsers(_ request: borrowing Request) throws(CommandError) -> Int {
        let names = (2..<request.count).map { [UInt8](copying: request[$0]) }
        guard !names.contains(AccessRegistry.defaultName) else {
            throw CommandError("ERR The 'default' user cannot be removed")
        }
        return registry.deleteUsers(names)
    }

    private func load() throws(CommandError) {
        guard registry.file != nil else { throw CommandError(Self.noFile) }
        do throws(AccessRegistry.LoadFailure) {
            try registry.load()
        } catch {
            throw CommandError(Array("ERR \(error.text)".utf8))
        }
    }

    private func save() throws(CommandError) {
        guard registry.file != nil else { throw CommandError(Self.noFile) }
        do throws(AccessRegistry.FileFailure) {
            try registry.save()
        } catch {
            throw CommandError(Array("ERR There was an error trying to save the ACLs: \(error.reason)".utf8))
        }
    }

    private static func write(_ names: [[UInt8]], to reply: inout ReplyWriter) {
        reply.array(count: names.count)
        for name in names { reply.bulk(name.span) }
    }

    private static let badName: StaticString = "ERR Usernames can't contain spaces or null characters"
    private static let nameTooLong: StaticString = "ERR the name of a user may not be so long"
    private static let tooManyUsers: StaticString = "ERR there may not be more users"
    private static let nameBytesMax = 256
    private static let badBitCount: StaticString = """
        ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096
        """
    private static let noFile: StaticString = """
        ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER \
        command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store \
        users in the Redis configuration.
        """
}

extension AccessRules {
    /// Writes the fields of `ACL GETUSER`; one about databases only where not all are allowed, which no Redis has.
    fileprivate func write(to reply: inout ReplyWriter) {
        let root = selectors[0]
        reply.map(count: root.databases == nil ? 6 : 7)
        reply.bulk("flags" as StaticString)
        reply.set(count: flags.count)
        for flag in flags { reply.bulk(flag) }
        reply.bulk("passwords" as StaticString)
        reply.array(count: passwords.count)
        for password in passwords { reply.bulk(password.description) }
        root.writeFields(to: &reply)
        reply.bulk("selectors" as StaticString)
        reply.array(count: selectors.count - 1)
        for selector in selectors.dropFirst() {
            reply.map(count: selector.databases == nil ? 3 : 4)
            selector.writeFields(to: &reply)
        }
    }
}

extension AccessSelector {
    fileprivate func writeFields(to reply: inout ReplyWriter) {
        var fields: [(name: StaticString, text: [UInt8])] = [
            ("commands", commandText), ("keys", keyText), ("channels", channelText),
        ]
        if let databaseText { fields.append(("databases", databaseText)) }
        for (name, text) in fields {
            reply.bulk(name)
            reply.bulk(text.span)
        }
    }
}
