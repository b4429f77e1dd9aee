import Bytes

extension AccessSelector {
    /// Takes one rule over.
    ///
    /// - Throws: ``AccessRuleError`` with nothing changed.
    mutating func apply(_ rule: [UInt8], _ table: CommandTable) throws(AccessRuleError) {
        guard let first = rule.first else { return }
        if applyWord(rule) { return }
        switch first {
        case UInt8(ascii: "~"), UInt8(ascii: "%"): try addKeyRule(rule)
        case UInt8(ascii: "&"):
            guard !allowsAllChannels else { throw .patternAfterAllChannels }
            let channel = Array(rule.dropFirst())
            guard !channel.contains(where: \.isSpaceOrZero) else { throw .syntax }
            if !channels.contains(channel) { channels.append(channel) }
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            let name = rule.dropFirst().map(\.lowercased)
            if name.first == UInt8(ascii: "@") {
                try applyCategory(name, isAllowing: first == UInt8(ascii: "+"), table)
            } else if first == UInt8(ascii: "+") {
                try allow(name, table)
            } else {
                guard let command = table.find(fullName: name) else { throw .unknownCommand }
                set(command, false, table)
                note(name, isAllowing: false)
            }
        default: try addDatabases(rule)
        }
    }

    /// Takes a rule over that is but a word.
    private mutating func applyWord(_ rule: [UInt8]) -> Bool {
        switch String(decoding: rule, as: UTF8.self).lowercased() {
        case "allkeys", "~*":
            allowsAllKeys = true
            keyRules = []
        case "resetkeys":
            allowsAllKeys = false
            keyRules = []
        case "allchannels", "&*":
            allowsAllChannels = true
            channels = []
        case "resetchannels":
            allowsAllChannels = false
            channels = []
        case "allcommands", "+@all": setAllCommands(true)
        case "nocommands", "-@all": setAllCommands(false)
        case "alldbs": databases = nil
        case "resetdbs": databases = []
        default: return false
        }
        return true
    }

    private mutating func setAllCommands(_ areAllowed: Bool) {
        commands.setAll(areAllowed)
        (allowsAllCommands, allowsFutureCommands) = (areAllowed, areAllowed)
        (firstArguments, commandRules) = ([:], [])
    }

    /// `~pattern`, or `%` with `R`, `W` or both before it.
    private mutating func addKeyRule(_ rule: [UInt8]) throws(AccessRuleError) {
        guard !allowsAllKeys else { throw .patternAfterAllKeys }
        var access = KeyRule.Access.all
        var start = 1
        if rule[0] == UInt8(ascii: "%") {
            access = []
            while true {
                guard start < rule.count else { throw .syntax }
                let letter = rule[start].lowercased
                start += 1
                if letter == UInt8(ascii: "r"), !access.contains(.read) {
                    access.insert(.read)
                } else if letter == UInt8(ascii: "w"), !access.contains(.write) {
                    access.insert(.write)
                } else if letter == UInt8(ascii: "~"), !access.isEmpty {
                    break
                } else {
                    throw .syntax
                }
            }
        }
        let pattern = Array(rule[start...])
        guard !pattern.contains(where: \.isSpaceOrZero) else { throw .syntax }
        if let place = keyRules.firstIndex(where: { $0.pattern == pattern }) {
            keyRules[place].access.formUnion(access)
        } else {
            keyRules.append(KeyRule(pattern, access))
        }
    }

    /// `db=` and numbers between commas, in Valkey's spelling.
    private mutating func addDatabases(_ rule: [UInt8]) throws(AccessRuleError) {
        let sign = Array("db=".utf8)
        guard rule.prefix(sign.count).map(\.lowercased) == sign else { throw .syntax }
        var numbers: Set<Int> = []
        for part in rule.dropFirst(sign.count).split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard let number = Int(decimal: Array(part).span), 0...Self.databaseMax ~= number else { throw .syntax }
            numbers.insert(number)
        }
        databases = (databases ?? []).union(numbers)
    }

    private static let databaseMax = 65_535

    // MARK: Commands

    /// `+command`, `+container|subcommand`, or `+command|argument`.
    private mutating func allow(_ name: [UInt8], _ table: CommandTable) throws(AccessRuleError) {
        guard let bar = name.lastIndex(of: UInt8(ascii: "|")) else {
            guard let command = table.find(fullName: name) else { throw .unknownCommand }
            set(command, true, table)
            return note(name, isAllowing: true)
        }
        let argument = Array(name[(bar + 1)...])
        guard let command = table.find(fullName: Array(name[..<bar])) else { throw .unknownCommand }
        guard !name[..<bar].contains(UInt8(ascii: "|")) else { throw .firstArgumentOfSubcommand }
        guard !argument.isEmpty else { throw .syntax }
        if command.isContainer {
            guard let subcommand = table.find(fullName: name) else { throw .unknownCommand }
            set(subcommand, true, table)
        } else if firstArguments[command.index]?.contains(argument) != true {
            firstArguments[command.index, default: []].append(argument)
        }
        note(name, isAllowing: true)
    }

    private mutating func applyCategory(
        _ name: [UInt8], isAllowing: Bool, _ table: CommandTable
    ) throws(AccessRuleError) {
        let text = String(decoding: name, as: UTF8.self)
        guard let category = CommandCategories.names.first(where: { $0.name.description == text })?.category else {
            throw .unknownCommand
        }
        for row in table.rows where table.command(of: row).categories.contains(category) {
            set(row, isAllowing, table)
        }
        note(name, isAllowing: isAllowing)
    }

    /// Allows or forbids a command, and all sub-commands of a container.
    private mutating func set(_ command: CommandRow, _ isAllowed: Bool, _ table: CommandTable) {
        if !isAllowed { allowsAllCommands = false }
        commands[command.index] = isAllowed
        firstArguments[command.index] = nil
        // Its sub-commands follow a container in the table.
        guard command.isContainer else { return }
        for place in 1...table.command(of: command).subcommands.count {
            commands[command.index + Int16(place)] = isAllowed
        }
    }

    /// Puts a rule last, in place of those that it undoes.
    private mutating func note(_ name: [UInt8], isAllowing: Bool) {
        let inside = name + [UInt8(ascii: "|")]
        commandRules.removeAll { $0.name == name || $0.name.starts(with: inside) }
        commandRules.append(CommandRule(name: name, isAllowing: isAllowing))
    }
}

extension CommandTable {
    /// The command of a name as rules have it: `get`, `client|id`.
    func find(fullName name: [UInt8]) -> CommandRow? {
        guard let bar = name.firstIndex(of: UInt8(ascii: "|")) else { return find(name.span) }
        guard let container = find(name.span.extracting(..<bar)), container.isContainer else { return nil }
        return find(name.span.extracting((bar + 1)...), in: container)
    }
}
