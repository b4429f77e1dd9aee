import Bytes

/// Some commands, on some keys, channels and databases: a request is allowed where one selector of its user allows it.
struct AccessSelector: Sendable {
    var allowsAllKeys = false
    var allowsAllChannels = false
    /// Whether nothing has been taken away from all commands.
    var allowsAllCommands = false
    /// Whether it begins with all commands, so that those of later releases are allowed too.
    var allowsFutureCommands = false
    var commands: CommandSet
    /// First arguments, in lower case, that a command is allowed with which else is not.
    var firstArguments: [Int16: [[UInt8]]] = [:]
    /// The rules about commands in the order that they were given in, without those that later ones undo, as Redis has
    /// shown them since 7.2.
    var commandRules: [CommandRule] = []
    var keyRules: [KeyRule] = []
    var channels: [[UInt8]] = []
    /// `nil` for all.
    var databases: Set<Int>?

    /// `+get`, `-@dangerous`, `+client|id`.
    struct CommandRule: Sendable, Equatable {
        /// In lower case.
        let name: [UInt8]
        let isAllowing: Bool
    }

    init(_ table: CommandTable) { commands = CommandSet(commandCount: table.commands.count) }

    /// Whether nothing at all is forbidden.
    var isUnrestricted: Bool { allowsAllCommands && allowsAllKeys && allowsAllChannels && databases == nil }

    /// About what it takes.
    var byteCount: Int {
        let commandBytes = commandRules.reduce(0) { $0 + $1.name.count + Self.overheadBytes }
        let keyBytes = keyRules.reduce(0) { $0 + $1.pattern.count + Self.overheadBytes }
        let channelBytes = channels.reduce(0) { $0 + $1.count + Self.overheadBytes }
        return commandBytes + keyBytes + channelBytes + (databases?.count ?? 0) * 8 + Self.overheadBytes
    }

    private static let overheadBytes = 32

    // MARK: Checks

    /// Whether a command may be run, on whatever keys; `firstArgument` is what follows its name.
    func allows(_ command: CommandRow, firstArgument: Span<UInt8>?) -> Bool {
        if allowsAllCommands || command.flags.contains(.noAuth) || commands[command.index] { return true }
        guard let firstArgument, let allowed = firstArguments[command.index] else { return false }
        return allowed.contains { $0.span.equalsLowercased(firstArgument) }
    }

    func allows(key: Span<UInt8>, _ wanted: KeyRule.Access) -> Bool {
        allowsAllKeys
            || keyRules.indices.contains {
                keyRules[$0].access.isSuperset(of: wanted) && keyRules[$0].matches(key)
            }
    }

    /// Whether every key there is may be read, as who walks over rows does.
    var allowsReadingAllKeys: Bool {
        allowsAllKeys || keyRules.contains { $0.access.contains(.read) && $0.glob.matchesEverything }
    }

    /// Whether every key that begins so may be read.
    func allowsReadingKeys(beginningWith prefix: Span<UInt8>) -> Bool {
        allowsAllKeys || keyRules.contains { $0.access.contains(.read) && $0.coversKeys(beginningWith: prefix) }
    }

    /// Whether a channel, or a pattern of channels, may be listened to: for a pattern, the very rule must be there.
    func allows(channel: Span<UInt8>, isPattern: Bool) -> Bool {
        allowsAllChannels || Self.isCovered(channel, isPattern: isPattern, by: channels)
    }

    static func isCovered(_ channel: Span<UInt8>, isPattern: Bool, by rules: [[UInt8]]) -> Bool {
        rules.contains { rule in
            guard isPattern else { return GlobPattern(rule.span).matches(channel) }
            return rule.span.elementsEqual(channel)
        }
    }

    func allows(database: Int) -> Bool { databases?.contains(database) ?? true }

    // MARK: Description

    /// The rules about commands, as `ACL SETUSER` would take them.
    var commandText: [UInt8] {
        var text = Array((allowsFutureCommands ? "+@all" : "-@all").utf8)
        for rule in commandRules {
            text += [UInt8(ascii: " "), UInt8(ascii: rule.isAllowing ? "+" : "-")] + rule.name
        }
        return text
    }

    /// The rules about keys, as `ACL SETUSER` would take them.
    var keyText: [UInt8] {
        allowsAllKeys ? Array("~*".utf8) : Array(keyRules.map(\.text).joined(separator: [UInt8(ascii: " ")]))
    }

    /// The rules about channels, as `ACL SETUSER` would take them behind `resetchannels`.
    var channelText: [UInt8] {
        if allowsAllChannels { return Array("&*".utf8) }
        return Array(channels.map { [UInt8(ascii: "&")] + $0 }.joined(separator: [UInt8(ascii: " ")]))
    }

    /// The rules about databases; `nil` where all are allowed, as in every Redis.
    var databaseText: [UInt8]? {
        guard let databases else { return nil }
        if databases.isEmpty { return Array("resetdbs".utf8) }
        return Array("db=\(databases.sorted().map(String.init).joined(separator: ","))".utf8)
    }

    /// All rules, as `ACL SETUSER` would take them.
    var text: [UInt8] {
        var parts: [[UInt8]] = []
        if !keyText.isEmpty { parts.append(keyText) }
        if !allowsAllChannels { parts.append(Array("resetchannels".utf8)) }
        if !channelText.isEmpty { parts.append(channelText) }
        if let databaseText { parts.append(databaseText) }
        parts.append(commandText)
        return Array(parts.joined(separator: [UInt8(ascii: " ")]))
    }
}

extension Span<UInt8> {
    func elementsEqual(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }

    /// Whether these bytes, which have no capitals, are those of `other` but for the case of letters.
    fileprivate func equalsLowercased(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index].lowercased { return false }
        return true
    }
}

extension UInt8 {
    /// Whether C's `isspace` says so, or this is the zero byte: what no name and no pattern of a rule may have.
    var isSpaceOrZero: Bool { self == 0 || self == 0x20 || 0x09...0x0d ~= self }
}
