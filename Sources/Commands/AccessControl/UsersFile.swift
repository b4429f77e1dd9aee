/// The text of a file of users, in Redis's form: `user NAME rule…`, one a line.
///
/// Unlike Redis's, it may have comments: lines that begin with `#`.
struct UsersFile {
    /// The name and the rules of each user, in the order of the file.
    private(set) var users: [(name: [UInt8], rules: AccessRules)] = []

    /// Every mistake at once, in the words of Redis's `ACL LOAD`.
    struct Mistakes: Error {
        let text: String
    }

    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - path: What mistakes call it.
    ///   - table: The commands that rules are about.
    /// - Throws: ``Mistakes``.
    init(_ bytes: [UInt8], path: String, _ table: CommandTable) throws(Mistakes) {
        var mistakes = ""
        var names: Set<[UInt8]> = []
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let place = "\(path):\(index + 1)"
            let words = line.split(whereSeparator: \.isSpaceOrZero).map { Array($0) }
            guard let first = words.first, first.first != UInt8(ascii: "#") else { continue }
            guard first == Array("user".utf8), words.count > 1 else {
                mistakes += "\(place) should start with user keyword followed by the username. "
                continue
            }
            guard names.insert(words[1]).inserted else {
                let name = String(decoding: words[1], as: UTF8.self)
                mistakes += "WARNING: Duplicate user '\(name)' found on line \(index + 1). "
                continue
            }
            users.append((words[1], Self.rules(Array(words[2...]), place, table, &mistakes)))
        }
        guard mistakes.isEmpty else { throw Mistakes(text: mistakes) }
    }

    private static func rules(
        _ words: [[UInt8]], _ place: String, _ table: CommandTable, _ mistakes: inout String
    ) -> AccessRules {
        var rules = AccessRules(table)
        let whole: [[UInt8]]
        do throws(AccessRules.UnmatchedParenthesis) {
            whole = try AccessRules.joined(words)
        } catch {
            mistakes += "\(place): Unmatched parenthesis in selector definition. "
            return rules
        }
        for rule in whole {
            do throws(AccessRuleError) {
                try rules.apply(rule, table)
            } catch {
                // A rule may be a password: no message repeats it.
                let shown = Self.isSecret(rule) ? "(redacted)" : String(decoding: rule, as: UTF8.self)
                mistakes += "\(place): Error in applying operation '\(shown)': \(error.text). "
            }
        }
        return rules
    }

    /// Whether a rule begins as one about a password does.
    static func isSecret(_ rule: [UInt8]) -> Bool { rule.first.map { "><#!".utf8.contains($0) } ?? false }
}
