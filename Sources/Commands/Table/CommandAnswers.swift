import RESP

/// The replies of `COMMAND`, made from the table.
extension CommandTable {
    /// Writes what `COMMAND` tells: every command.
    func writeAll(to reply: inout ReplyWriter) {
        replies.write(.commands, to: &reply) {
            $0.array(count: topLevel.count)
            for index in topLevel { commands[index].write(to: &$0) }
        }
    }

    /// Writes `COMMAND COUNT`.
    func writeCount(to reply: inout ReplyWriter) { reply.integer(topLevel.count) }

    /// Writes `COMMAND INFO [name…]`: a null for each name that is unknown.
    func writeDescriptions(_ request: borrowing Request, to reply: inout ReplyWriter) {
        guard request.count > 2 else { return writeAll(to: &reply) }
        reply.array(count: request.count - 2)
        for index in 2..<request.count {
            if let command = command(named: request[index]) {
                command.write(to: &reply)
            } else {
                reply.null()
            }
        }
    }

    /// Writes `COMMAND DOCS [name…]`, without the names that are unknown.
    func writeDocumentation(_ request: borrowing Request, to reply: inout ReplyWriter) {
        guard request.count > 2 else {
            return replies.write(.documentation, to: &reply) {
                $0.map(count: topLevel.count)
                for index in topLevel { commands[index].writeDocumentation(to: &$0) }
            }
        }
        var wanted: [Command] = []
        for index in 2..<request.count { command(named: request[index]).map { wanted.append($0) } }
        reply.map(count: wanted.count)
        for command in wanted { command.writeDocumentation(to: &reply) }
    }

    /// Writes `COMMAND LIST [FILTERBY MODULE name | ACLCAT category | PATTERN pattern]`.
    func writeNames(_ request: borrowing Request, to reply: inout ReplyWriter) throws(CommandError) {
        var names: [String] = []
        if request.count == 2 {
            names = commands.map(\.fullName)
        } else if request.count == 5, request[2].equalsIgnoringCase("filterby") {
            let value = request[4]
            if request[3].equalsIgnoringCase("aclcat") {
                let category = "@" + String(copying: value).lowercased()
                if let wanted = CommandCategories.names.first(where: { $0.name.description == category })?.category {
                    names = commands.filter { $0.categories.contains(wanted) }.map(\.fullName)
                }
            } else if request[3].equalsIgnoringCase("pattern") {
                let pattern = GlobPattern(value, isCaseInsensitive: true)
                names = commands.map(\.fullName).filter { pattern.matches($0.utf8.span) }
            } else if !request[3].equalsIgnoringCase("module") {
                throw CommandError(ErrorReply.syntax)
            }
        } else {
            throw CommandError(ErrorReply.syntax)
        }
        reply.array(count: names.count)
        for name in names { reply.bulk(name) }
    }

    /// Writes the help of a container, or of `COMMAND`: a line for each sub-command that there is.
    func writeHelp(_ container: String, to reply: inout ReplyWriter) {
        guard let command = commands.first(where: { $0.fullName == container }) else {
            preconditionFailure("\(container) is not in the table")
        }
        var lines = ["\(container.uppercased()) <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"]
        for subcommand in command.subcommands where subcommand.name != "help" {
            let usage = subcommand.usage ?? ""
            lines.append(subcommand.name.uppercased() + (usage.isEmpty ? "" : " ") + usage)
            lines.append("    \(subcommand.summary)")
        }
        lines += ["HELP", "    Prints this help."]
        reply.array(count: lines.count)
        for line in lines { reply.simple(line) }
    }

    /// The command of a name as `COMMAND INFO` takes it: `get`, `client|id`.
    private func command(named name: Span<UInt8>) -> Command? {
        guard let bar = name.indices.first(where: { name[$0] == UInt8(ascii: "|") }) else {
            return find(name).map(command(of:))
        }
        guard let container = find(name.extracting(..<bar)), container.isContainer else { return nil }
        return find(name.extracting((bar + 1)...), in: container).map(command(of:))
    }
}

extension Command {
    /// Writes the ten fields of `COMMAND INFO`.
    func write(to reply: inout ReplyWriter) {
        reply.array(count: 10)
        reply.bulk(fullName)
        reply.integer(arity)
        let flagNames = CommandFlags.names.filter { flags.contains($0.flag) }
        reply.set(count: flagNames.count)
        for flag in flagNames { reply.simple(flag.name) }
        reply.integer(keyRange.first)
        reply.integer(keyRange.last)
        reply.integer(keyRange.step)
        let categoryNames = CommandCategories.names.filter { categories.contains($0.category) }
        reply.set(count: categoryNames.count)
        for category in categoryNames { reply.simple(category.name) }
        reply.set(count: tips.count)
        for tip in tips { reply.bulk(tip) }
        reply.set(count: keys.count)
        for key in keys { key.write(to: &reply) }
        // As Redis has it: no sub-commands are a set, and some an array.
        if subcommands.isEmpty { reply.set(count: 0) } else { reply.array(count: subcommands.count) }
        for subcommand in subcommands { subcommand.write(to: &reply) }
    }

    /// Writes a name and its documentation, as `COMMAND DOCS` has it.
    func writeDocumentation(to reply: inout ReplyWriter) {
        var documentationFlags: [StaticString] = []
        if deprecation != nil { documentationFlags.append("deprecated") }
        if isInternal { documentationFlags.append("syscmd") }
        reply.bulk(fullName)
        let optional = (documentationFlags.isEmpty ? 0 : 1) + (deprecation == nil ? 0 : 2) + (isContainer ? 1 : 0)
        let arguments = isContainer ? [] : arguments
        reply.map(count: 4 + optional + (arguments.isEmpty ? 0 : 1))
        for (field, value) in [
            ("summary", summary), ("since", since), ("group", group.rawValue), ("complexity", complexity),
        ] {
            reply.bulk(field)
            reply.bulk(value)
        }
        if !documentationFlags.isEmpty {
            reply.bulk("doc_flags" as StaticString)
            reply.set(count: documentationFlags.count)
            for flag in documentationFlags { reply.simple(flag) }
        }
        if let deprecation {
            reply.bulk("deprecated_since" as StaticString)
            reply.bulk(deprecation.since)
            reply.bulk("replaced_by" as StaticString)
            reply.bulk(deprecation.replacement)
        }
        if !arguments.isEmpty {
            reply.bulk("arguments" as StaticString)
            reply.array(count: arguments.count)
            for argument in arguments { argument.write(to: &reply) }
        }
        if isContainer {
            reply.bulk("subcommands" as StaticString)
            reply.map(count: subcommands.count)
            for subcommand in subcommands { subcommand.writeDocumentation(to: &reply) }
        }
    }
}

extension KeySpecification {
    func write(to reply: inout ReplyWriter) {
        reply.map(count: notes == nil ? 3 : 4)
        if let notes {
            reply.bulk("notes" as StaticString)
            reply.bulk(notes)
        }
        reply.bulk("flags" as StaticString)
        access.write(to: &reply)
        reply.bulk("begin_search" as StaticString)
        switch begin {
        case .index(let index): Self.write("index", [("index", index)], to: &reply)
        case .keyword(let keyword, let first):
            Self.write("keyword", [("startfrom", first)], keyword: keyword, to: &reply)
        case .unknown: Self.write("unknown", [], to: &reply)
        }
        reply.bulk("find_keys" as StaticString)
        switch find {
        case .range(let last, let step, let limit):
            Self.write("range", [("lastkey", last), ("keystep", step), ("limit", limit)], to: &reply)
        case .counted(let index, let first, let step):
            Self.write("keynum", [("keynumidx", index), ("firstkey", first), ("keystep", step)], to: &reply)
        case .unknown: Self.write("unknown", [], to: &reply)
        }
    }

    private static func write(
        _ type: StaticString, _ numbers: [(StaticString, Int)], keyword: String? = nil, to reply: inout ReplyWriter
    ) {
        reply.map(count: 2)
        reply.bulk("type" as StaticString)
        reply.bulk(type)
        reply.bulk("spec" as StaticString)
        reply.map(count: numbers.count + (keyword == nil ? 0 : 1))
        if let keyword {
            reply.bulk("keyword" as StaticString)
            reply.bulk(keyword)
        }
        for (name, number) in numbers {
            reply.bulk(name)
            reply.integer(number)
        }
    }
}

extension KeyAccess {
    func write(to reply: inout ReplyWriter) {
        let names = Self.names.filter { contains($0.flag) }
        reply.set(count: names.count)
        for flag in names { reply.simple(flag.name) }
    }
}
