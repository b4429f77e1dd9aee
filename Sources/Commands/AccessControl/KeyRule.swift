/// Keys that a user may read, write, or both: `~pattern`, `%R~pattern`, `%W~pattern`.
struct KeyRule: Sendable {
    let pattern: [UInt8]
    let glob: GlobPattern
    var access: Access

    struct Access: OptionSet, Sendable {
        let rawValue: UInt8

        static let read = Self(rawValue: 1)
        static let write = Self(rawValue: 2)
        static let all: Self = [.read, .write]
    }

    init(_ pattern: [UInt8], _ access: Access) {
        self.pattern = pattern
        glob = GlobPattern(pattern.span)
        self.access = access
    }

    /// Whether a key is one of these; the empty key is none of `*`, as in Redis, where only `allkeys` and `~*` cover it.
    func matches(_ key: Span<UInt8>) -> Bool { glob.matches(key) && !(key.isEmpty && glob.matchesEverything) }

    /// As it is written in a rule.
    var text: [UInt8] {
        let sign: StaticString =
            switch access {
            case .read: "%R~"
            case .write: "%W~"
            default: "~"
            }
        return Array(sign.description.utf8) + pattern
    }

    /// Whether these are all keys that begin so: the pattern is bytes to be matched, and a star.
    var isPrefix: Bool {
        // One byte more than the prefix is a star, or what escapes the last byte.
        pattern.last == UInt8(ascii: "*") && pattern.count - 1 == glob.prefix.count && !glob.isLiteral
    }

    /// Whether every key that begins with `prefix` is one of these.
    func coversKeys(beginningWith prefix: Span<UInt8>) -> Bool {
        guard isPrefix else { return false }
        guard prefix.count >= glob.prefix.count else { return false }
        for index in glob.prefix.indices where prefix[index] != glob.prefix[index] { return false }
        return true
    }
}

extension KeyRule.Access {
    /// What a command needs that does this to a key.
    init(_ access: KeyAccess) {
        self = []
        if access.contains(.access) { insert(.read) }
        if !access.isDisjoint(with: [.insert, .delete, .update]) { insert(.write) }
    }
}

/// A set of commands, by their indices in the table, in a few words.
struct CommandSet: Sendable, Equatable {
    private var words: [UInt64]

    /// - Parameter commandCount: Rows of the table.
    init(commandCount: Int) { words = Array(repeating: 0, count: (commandCount + 63) / 64) }

    subscript(command: Int16) -> Bool {
        get { words[Int(command) >> 6] >> UInt64(command & 63) & 1 == 1 }
        set {
            let bit: UInt64 = 1 << UInt64(command & 63)
            if newValue { words[Int(command) >> 6] |= bit } else { words[Int(command) >> 6] &= ~bit }
        }
    }

    mutating func setAll(_ isIn: Bool) {
        for index in words.indices { words[index] = isIn ? .max : 0 }
    }
}
