import Foundation
import Testing

@testable import Commands

private func find(_ name: String) -> CommandRow? { CommandTable.standard.find(name.utf8.span) }

/// The row of `get` or of `client|id`.
private func row(_ fullName: String) -> CommandRow? {
    let parts = fullName.split(separator: "|").map(String.init)
    guard let row = find(parts[0]) else { return nil }
    return parts.count == 1 ? row : CommandTable.standard.find(parts[1].utf8.span, in: row)
}

/// Every second letter as a capital.
private func mixed(_ name: String) -> String {
    name.enumerated().map { $0.isMultiple(of: 2) ? $1.uppercased() : String($1) }.joined()
}

@Suite struct CommandTableTests {
    @Test("Every command is found by its name in any case, and sub-commands only in their container")
    func everyCommandIsFound() {
        let table = CommandTable.standard
        #expect(table.commands.count > 200)
        for (index, command) in table.commands.enumerated() {
            for spelling in [command.fullName, command.fullName.uppercased(), mixed(command.fullName)] {
                #expect(row(spelling).map { Int($0.index) } == index, "\(spelling)")
            }
            #expect(row(command.fullName)?.action == command.action)
        }
        #expect(find("setname") == nil)
        #expect(find("client")?.isContainer == true)
    }

    @Test(
        "Other names find nothing",
        arguments: [
            "", "g", "ge", "gett", "get ", "get\0", "\0get", "G\u{0}T", "gĖt", "sentinel", "client|id", "GEU",
            "georadiusbymember_r", String(repeating: "x", count: 23), String(repeating: "x", count: 24),
            String(repeating: "get", count: 1_000), "@ET", "[et", "`et", "{et",
        ])
    func otherNames(name: String) {
        #expect(find(name) == nil)
    }

    @Test("Names that differ from a command's in one bit find nothing but its other case")
    func namesOneBitAway() {
        for name in ["get", "ping", "scan", "mget", "expiretime", "georadiusbymember", "restore-asking"] {
            let bytes = Array(name.utf8)
            for index in bytes.indices {
                for bit in 0..<8 {
                    var changed = bytes
                    changed[index] ^= 1 << bit
                    let isOtherCase = bit == 5 && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(bytes[index])
                    let found = CommandTable.standard.find(changed.span)
                    let foundName = found.map { CommandTable.standard.command(of: $0).name }
                    if isOtherCase {
                        #expect(foundName == name)
                    } else if foundName == name {
                        Issue.record("bit \(bit) of byte \(index) of \(name) is ignored")
                    }
                }
            }
        }
    }

    @Test("Arity, flags, key positions and categories are those of Redis")
    func factsAreRedis() {
        for line in redisFacts.split(separator: "\n") {
            let fields = line.split(separator: " ").map(String.init)
            guard let found = row(fields[0]) else {
                Issue.record("\(fields[0]) is not in the table")
                continue
            }
            let command = CommandTable.standard.command(of: found)
            let flags = CommandFlags.names.filter { command.flags.contains($0.flag) }.map(\.name.description)
            let categories = CommandCategories.names.filter { command.categories.contains($0.category) }
                .map { String($0.name.description.dropFirst()) }
            let range = command.keyRange
            let ours = [
                command.fullName, "\(command.arity)", flags.isEmpty ? "-" : flags.joined(separator: ","),
                "\(range.first)", "\(range.last)", "\(range.step)", categories.joined(separator: ","),
            ]
            #expect(ours == Array(fields.dropLast()))
        }
    }

    @Test("A row accepts exactly the argument counts that its arity says")
    func arity() throws {
        let cases: [(name: String, accepted: [Int], refused: [Int])] = [
            ("get", [2], [0, 1, 3]), ("mget", [2, 3, 1_000_000], [0, 1]), ("ping", [1, 2, 3], [0]),
            ("client|setname", [3], [2, 4]), ("getrange", [4], [3, 5]), ("set", [3, 9], [1, 2]),
        ]
        for (name, accepted, refused) in cases {
            let found = try #require(row(name))
            for count in accepted { #expect(found.accepts(argumentCount: count), "\(name) with \(count)") }
            for count in refused { #expect(!found.accepts(argumentCount: count), "\(name) with \(count)") }
        }
    }

    @Test("Writes, and only they, are refused as writes")
    func writes() {
        for command in CommandTable.standard.commands {
            #expect((command.action == .write) == command.flags.contains(.write), "\(command.fullName)")
        }
    }

    @Test("Every action but the ones shared has a command, and every command is documented")
    func actionsAndDocumentation() {
        let used = Set(CommandTable.standard.commands.map(\.action))
        #expect(used == Set(Action.allCases))
        for command in CommandTable.standard.commands {
            #expect(command.summary.hasSuffix("."), "\(command.fullName)")
            #expect(command.since.split(separator: ".").count == 3, "\(command.fullName)")
            #expect(command.isContainer || command.complexity.hasPrefix("O("), "\(command.fullName)")
            #expect(command.arity != 0)
            #expect(command.isContainer || command.usage != nil, "\(command.fullName) has no usage")
        }
    }

    @Test("A usage asks for exactly as many words as the arity says")
    func usagesHaveTheArity() {
        for command in CommandTable.standard.commands where command.action != .container {
            guard let usage = command.usage else { continue }
            let counts = Self.wordCounts(UsageParser.arguments(of: usage))
            let names = command.fullName == command.name ? 1 : 2
            let least = counts.least + names
            let isFixed = counts.isFixed && !Self.takingMore.contains(command.fullName)
            #expect(least == abs(command.arity), "\(command.fullName) needs \(least) words")
            #expect(isFixed == (command.arity > 0), "\(command.fullName)")
        }
    }

    /// Commands that take more words than they have a use for.
    private static let takingMore: Set<String> = ["command", "psync", "quit"]

    /// The least number of words, and whether there cannot be more.
    private static func wordCounts(_ arguments: [ArgumentDescription]) -> (least: Int, isFixed: Bool) {
        var least = 0
        var isFixed = true
        for argument in arguments {
            var own = argument.kind == .pureToken ? 0 : argument.token == nil ? 0 : 1
            switch argument.kind {
            case .oneOf:
                let choices = argument.arguments.map { wordCounts([$0]) }
                own += choices.map(\.least).min() ?? 0
                if Set(choices.map(\.least)).count > 1 || choices.contains(where: { !$0.isFixed }) { isFixed = false }
            case .block:
                let parts = wordCounts(argument.arguments)
                own += parts.least
                if !parts.isFixed { isFixed = false }
            default: own += 1
            }
            if argument.isMultiple || argument.isOptional { isFixed = false }
            if !argument.isOptional { least += own }
        }
        return (least, isFixed)
    }

    @Test("What is refused for a reason of its own says it, and nothing else has one")
    func standings() {
        for command in CommandTable.standard.commands where command.action != .container {
            if command.action == .refused { #expect(command.standing.reason != nil, "\(command.fullName)") }
            #expect((command.action == .write) == (command.standing == .readOnly), "\(command.fullName)")
            #expect((command.action == .foreignRead) == (command.standing == .stringsOnly), "\(command.fullName)")
        }
    }

    @Test("Each read of another type has an answer, and each answer has its read")
    func foreignReads() {
        let rows = CommandTable.standard.commands.filter { $0.action == .foreignRead }.map(\.fullName)
        #expect(Set(rows) == Set(ForeignRead.all.keys))
        #expect(rows.count > 60)
    }

    @Test("The page of commands is what the table gives; make it anew with: almanac commands")
    func page() throws {
        let sources = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/Commands/Table/Commands.md")
        let page = try String(contentsOf: sources, encoding: .utf8)
        let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
        let wanted = CommandTable.standard.page.split(separator: "\n", omittingEmptySubsequences: false)
        for (line, wantedLine) in zip(lines, wanted) where line != wantedLine {
            Issue.record("Commands.md has \"\(line)\", the table \"\(wantedLine)\"")
            return
        }
        #expect(lines.count == wanted.count)
    }
}
