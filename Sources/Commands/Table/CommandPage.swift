/// The page that lists every command, in Markdown, made from the table.
extension CommandTable {
    /// The page as it stands in `Commands.md`, with a line end at its end.
    public var page: String {
        let groups = CommandGroup.inPageOrder.map { group in
            (group, commands.filter { $0.group == group && $0.action != .container })
        }
        var lines = Self.introduction
        for (group, commands) in groups where !commands.isEmpty {
            lines += ["", "## \(group.title)", "", "| command | | |", "|---|---|---|"]
            lines += commands.sorted { $0.fullName < $1.fullName }.map(Self.line)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static let introduction = """
        # Commands

        Every command that Almanac knows, made from its command table by `almanac commands`. What is not listed is \
        answered as an unknown command.

        | | |
        |---|---|
        | yes | answered as Redis answers |
        | strings only | answered as Redis answers where every value is a string: `WRONGTYPE` for a key that is \
        there, nil, 0 or nothing for one that is not |
        | read-only | refused as a replica refuses it: `READONLY You can't write against a read only replica.` |
        | refused | refused, with the reason; a later version may do it |
        | never | refused, with the reason, for good |

        `XREAD BLOCK` does not wait, as nothing will come: it answers at once what Redis answers when the time is up.
        """.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)

    private static func line(_ command: Command) -> String {
        let name = command.fullName.replacing("|", with: " ").uppercased()
        let usage = command.usage ?? ""
        let form = (usage.isEmpty ? name : "\(name) \(usage)").replacing("|", with: "\\|")
        var about = command.summary
        if let reason = command.standing.reason { about += " Not here: \(reason)." }
        if let deprecation = command.deprecation {
            about += " Deprecated since \(deprecation.since) for \(deprecation.replacement)."
        }
        return "| `\(form)` | \(command.standing.word) | \(about) |"
    }
}

extension Command.Standing {
    /// One or two words for the page.
    fileprivate var word: String {
        switch self {
        case .supported: "yes"
        case .stringsOnly: "strings only"
        case .readOnly: "read-only"
        case .refused: "refused"
        case .never: "never"
        }
    }
}

extension CommandGroup {
    /// What matters here first.
    fileprivate static let inPageOrder: [Self] = [
        .string, .bitmap, .hyperloglog, .generic, .server, .connection, .transactions, .pubsub, .cluster, .scripting,
        .hash, .list, .set, .sortedSet, .stream, .geo, .array, .vectorSet,
    ]

    fileprivate var title: String {
        switch self {
        case .string: "Strings"
        case .bitmap: "Bits"
        case .hyperloglog: "HyperLogLogs"
        case .generic: "Keys"
        case .server: "The server and its datasets"
        case .connection: "The connection"
        case .transactions: "Transactions"
        case .pubsub: "Messages"
        case .cluster: "Cluster mode"
        case .scripting: "Scripts and functions"
        case .hash: "Hashes"
        case .list: "Lists"
        case .set: "Sets"
        case .sortedSet: "Sorted sets"
        case .stream: "Streams"
        case .geo: "Places"
        case .array: "Arrays"
        case .vectorSet: "Vector sets"
        }
    }
}
