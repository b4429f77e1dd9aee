import Bytes
import RESP

/// Which arguments of a request are keys: `COMMAND GETKEYS` and `COMMAND GETKEYSANDFLAGS`.
extension CommandTable {
    /// Writes the keys of the request behind `COMMAND GETKEYS`, with what becomes of them where asked for.
    func writeKeys(
        _ request: borrowing Request, withAccess: Bool, to reply: inout ReplyWriter
    ) throws(CommandError) {
        guard var row = find(request[2]) else { throw CommandError("ERR Invalid command specified") }
        if row.isContainer, request.count > 3 {
            guard let found = find(request[3], in: row) else {
                throw CommandError("ERR Invalid command specified")
            }
            row = found
        }
        let command = command(of: row)
        guard !command.keys.isEmpty else { throw CommandError("ERR The command has no key arguments") }
        guard row.accepts(argumentCount: request.count - 2) else {
            throw CommandError("ERR Invalid number of arguments specified for command")
        }
        let keys = try Self.keys(of: command, request, offset: 2)
        reply.array(count: keys.count)
        for key in keys {
            if withAccess { reply.array(count: 2) }
            reply.bulk(request[key.index])
            if withAccess { key.access.write(to: &reply) }
        }
    }

    private typealias Key = (index: Int, access: KeyAccess)

    /// The arguments that are keys, the command's name being argument `offset`.
    private static func keys(
        of command: Command, _ request: borrowing Request, offset: Int
    ) throws(CommandError) -> [Key] {
        var keys: [Key] = []
        for specification in command.keys {
            guard let first = first(of: specification, request, offset: offset) else { continue }
            // Where a keyword gives all keys, an empty argument stands for the one that it replaces.
            if command.name == "migrate", first == offset + 3, request[first].isEmpty { continue }
            let access = access(of: specification, command, request, offset: offset)
            keys += try indices(of: specification, first, request).map { ($0, access) }
        }
        // SORT's destination may be anywhere, and the last one counts.
        if command.name == "sort", let store = lastValue(of: "store", request, from: offset + 2) {
            keys.append((store, [.overwrite, .update]))
        }
        guard !keys.isEmpty else { throw CommandError("ERR Invalid arguments specified for command") }
        return keys
    }

    /// The argument that a specification begins at, or `nil` where the request has no such thing.
    private static func first(
        of specification: KeySpecification, _ request: borrowing Request, offset: Int
    ) -> Int? {
        switch specification.begin {
        case .index(let index): return offset + index < request.count ? offset + index : nil
        case .unknown: return nil
        case .keyword(let keyword, let from):
            let start = from >= 0 ? offset + from : request.count + from
            let candidates =
                from >= 0
                ? Array(start..<max(start, request.count - 1))
                : Array((offset + 1..<max(offset + 1, min(start + 1, request.count - 1))).reversed())
            let name = CommandName(keyword)
            return candidates.first { CommandName(request[$0]) == name }.map { $0 + 1 }
        }
    }

    private static func indices(
        of specification: KeySpecification, _ first: Int, _ request: borrowing Request
    ) throws(CommandError) -> [Int] {
        switch specification.find {
        case .unknown: return []
        case .range(let relativeLast, let step, let limit):
            var last = first + relativeLast
            if relativeLast < 0 {
                last = request.count + relativeLast
                if limit > 1 { last = first + (request.count - first) / limit + relativeLast }
            }
            guard last < request.count else { throw CommandError("ERR Invalid arguments specified for command") }
            return Array(stride(from: first, through: last, by: step))
        case .counted(let count, let relativeFirst, let step):
            let start = first + relativeFirst
            guard first + count < request.count, let number = Int(decimal: request[first + count]), number > 0,
                number <= (request.count - start + step - 1) / step
            else { throw CommandError("ERR Invalid arguments specified for command") }
            return (0..<number).map { start + $0 * step }
        }
    }

    /// What becomes of a key where that depends on the arguments, as Redis works it out.
    private static func access(
        of specification: KeySpecification, _ command: Command, _ request: borrowing Request, offset: Int
    ) -> KeyAccess {
        guard specification.access.contains(.variable) else { return specification.access }
        switch command.name {
        case "set":
            let isRead = (offset + 3..<max(offset + 3, request.count)).contains {
                request[$0].equalsIgnoringCase("get")
            }
            return isRead ? [.readWrite, .access, .update] : [.overwrite, .update]
        case "bitfield":
            let isChange = (offset + 2..<max(offset + 2, request.count)).contains {
                request[$0].equalsIgnoringCase("set") || request[$0].equalsIgnoringCase("incrby")
            }
            return isChange ? [.readWrite, .access, .update] : [.readOnly, .access]
        default: return specification.access
        }
    }

    private static func lastValue(of keyword: StaticString, _ request: borrowing Request, from: Int) -> Int? {
        var found: Int?
        var index = from
        while index < request.count - 1 {
            if request[index].equalsIgnoringCase(keyword) { found = index + 1 }
            index += 1
        }
        return found
    }
}
