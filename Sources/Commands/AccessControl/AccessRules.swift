import Datasets

/// What a user may do, and with which passwords somebody is that user.
public struct AccessRules: Sendable {
    public internal(set) var isEnabled = false
    /// Whether any password will do, and the default user is everybody who has not said who they are.
    public internal(set) var hasNoPassword = false
    /// Kept and shown as in Redis, where it is about `RESTORE`; `nil` until it has been said.
    var sanitizesPayloads: Bool?
    /// SHA-256 of each password.
    var passwords: [SHA256Digest] = []
    /// What is not in parentheses, then what is.
    var selectors: [AccessSelector]

    /// Nothing is allowed.
    init(_ table: CommandTable) { selectors = [AccessSelector(table)] }

    /// The default user's as a server without users begins: everything is allowed, to everybody.
    static func everything(_ table: CommandTable) -> AccessRules {
        var rules = AccessRules(table)
        (rules.isEnabled, rules.hasNoPassword) = (true, true)
        (rules.selectors[0].allowsAllKeys, rules.selectors[0].allowsAllChannels) = (true, true)
        rules.selectors[0].commands.setAll(true)
        (rules.selectors[0].allowsAllCommands, rules.selectors[0].allowsFutureCommands) = (true, true)
        return rules
    }

    /// Whether a request of this user needs no look at the rules.
    var isUnrestricted: Bool { selectors.contains(where: \.isUnrestricted) }

    /// Takes one rule over; an empty one is none.
    ///
    /// - Throws: ``AccessRuleError`` with nothing changed.
    mutating func apply(_ rule: [UInt8], _ table: CommandTable) throws(AccessRuleError) {
        guard let first = rule.first, let last = rule.last else { return }
        let rest = Array(rule.dropFirst())
        switch (String(decoding: rule, as: UTF8.self).lowercased(), first) {
        case ("on", _): isEnabled = true
        case ("off", _): isEnabled = false
        case ("skip-sanitize-payload", _): sanitizesPayloads = false
        case ("sanitize-payload", _): sanitizesPayloads = true
        case ("nopass", _): (hasNoPassword, passwords) = (true, [])
        case ("resetpass", _): (hasNoPassword, passwords) = (false, [])
        case ("clearselectors", _): selectors.removeSubrange(1...)
        case ("reset", _):
            self = AccessRules(table)
            sanitizesPayloads = true
        case (_, UInt8(ascii: ">")), (_, UInt8(ascii: "#")):
            let digest = try Self.digest(rest, isHash: first == UInt8(ascii: "#"))
            if !passwords.contains(digest) { passwords.append(digest) }
            hasNoPassword = false
        case (_, UInt8(ascii: "<")), (_, UInt8(ascii: "!")):
            let digest = try Self.digest(rest, isHash: first == UInt8(ascii: "!"))
            guard let place = passwords.firstIndex(of: digest) else { throw .unknownPassword }
            passwords.remove(at: place)
        case (_, UInt8(ascii: "(")) where last == UInt8(ascii: ")"):
            var selector = AccessSelector(table)
            for part in rule[1..<(rule.count - 1)].split(whereSeparator: \.isSpaceOrZero) {
                try selector.apply(Array(part), table)
            }
            selectors.append(selector)
        default: try selectors[0].apply(rule, table)
        }
        guard byteCount <= Self.byteCountMax else { throw .tooLong }
    }

    private static func digest(_ text: [UInt8], isHash: Bool) throws(AccessRuleError) -> SHA256Digest {
        guard isHash else { return SHA256.digest(of: text.span) }
        guard let digest = SHA256Digest(hexadecimal: String(decoding: text, as: UTF8.self)) else { throw .badHash }
        return digest
    }

    /// Joins the parts of selectors that are spread over several rules.
    ///
    /// - Throws: ``UnmatchedParenthesis`` where one has no end.
    static func joined(_ rules: [[UInt8]]) throws(UnmatchedParenthesis) -> [[UInt8]] {
        var whole: [[UInt8]] = []
        var open: (start: [UInt8], text: [UInt8])?
        for rule in rules {
            let isClosing = rule.last == UInt8(ascii: ")")
            if rule.first == UInt8(ascii: "("), !isClosing {
                open = (rule, rule)
            } else if let begun = open {
                let text = begun.text + [UInt8(ascii: " ")] + rule
                if isClosing { whole.append(text) }
                open = isClosing ? nil : (begun.start, text)
            } else {
                whole.append(rule)
            }
        }
        if let open { throw UnmatchedParenthesis(start: open.start) }
        return whole
    }

    struct UnmatchedParenthesis: Error {
        /// The rule that it begins in.
        let start: [UInt8]
    }

    // MARK: Description

    /// In Redis's order.
    var flags: [String] {
        var flags = [isEnabled ? "on" : "off"]
        if hasNoPassword { flags.append("nopass") }
        if let sanitizesPayloads { flags.append(sanitizesPayloads ? "sanitize-payload" : "skip-sanitize-payload") }
        return flags
    }

    /// All rules, as `ACL SETUSER` would take them.
    var text: [UInt8] {
        var parts = flags.map { Array($0.utf8) } + passwords.map { Array("#\($0)".utf8) } + [selectors[0].text]
        parts += selectors.dropFirst().map { [UInt8(ascii: "(")] + $0.text + [UInt8(ascii: ")")] }
        return Array(parts.joined(separator: [UInt8(ascii: " ")]))
    }

    private var byteCount: Int { selectors.reduce(passwords.count * 64) { $0 + $1.byteCount } }

    /// About what one user's rules may take.
    private static let byteCountMax = 64 << 10
}
