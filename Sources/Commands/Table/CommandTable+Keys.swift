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
        guard command.keys.contains(where: { !$0.access.contains(.notKey) }) else {
            throw CommandError("ERR The command has no key arguments")
        }
        guard row.accepts(argumentCount: request.count - 2) else {
            throw CommandError("ERR Invalid number of arguments specified for command")
        }
        let keys = try Self.foundKeys(of: command, request, offset: 2)
        reply.array(count: keys.count)
        for key in keys {
            if withAccess { reply.array(count: 2) }
            reply.bulk(request[key.index])
            if withAccess { key.access.write(to: &reply) }
        }
    }

    typealias Key = (index: Int, access: KeyAccess)

    /// The arguments that are keys, the command's name being argument `offset`; none where they cannot be told.
    func keys(of row: CommandRow, _ request: borrowing Request, offset: Int) -> [Key] {
        do throws(CommandError) {
            return try Self.keys(of: command(of: row), request, offset: offset)
        } catch {
            return []
        }
    }

    private static let invalidArguments = CommandError("ERR Invalid arguments specified for command")

    /// The keys; none is an error, but for commands that need none, for which every error is none.
    private static func foundKeys(
        of command: Command, _ request: borrowing Request, offset: Int
    ) throws(CommandError) -> [Key] {
        do throws(CommandError) {
            let keys = try keys(of: command, request, offset: offset)
            if !keys.isEmpty { return keys }
        } catch  where command.flags.contains(.noMandatoryKeys) {
            return []
        }
        if command.flags.contains(.noMandatoryKeys) { return [] }
        throw invalidArguments
    }

    /// The arguments that are keys, the command's name being argument `offset`.
    private static func keys(
        of command: Command, _ request: borrowing Request, offset: Int
    ) throws(CommandError) -> [Key] {
        if command.name == "migrate" { return migratedKeys(request, offset: offset) }
        var keys: [Key] = []
        for specification in command.keys where !specification.access.contains(.notKey) {
            guard let first = first(of: specification, request, offset: offset) else { continue }
            guard first < request.count else { throw invalidArguments }
            let access = access(of: specification, command, request, offset: offset)
            keys += try indices(of: specification, first, request).map { ($0, access) }
        }
        if command.name == "sort", let store = sortDestination(request, from: offset + 2) {
            keys.append((store, [.overwrite, .update]))
        }
        return keys
    }

    /// The key of `MIGRATE`, or those behind `KEYS`, which an empty key stands for.
    private static func migratedKeys(_ request: borrowing Request, offset: Int) -> [Key] {
        let access: KeyAccess = [.readWrite, .access, .delete]
        let key = offset + 3
        var index = offset + 6
        while index < request.count {
            if index + 1 < request.count, request[index].equalsIgnoringCase("keys") {
                return request[key].isEmpty ? (index + 1..<request.count).map { ($0, access) } : []
            }
            // What follows is a password, or a name and a password, whatever it reads like.
            if request[index].equalsIgnoringCase("auth") {
                index += 2
            } else if request[index].equalsIgnoringCase("auth2") {
                index += 3
            } else {
                index += 1
            }
        }
        return [(key, access)]
    }

    /// The argument that a specification begins at, or `nil` where the request has no such thing.
    private static func first(
        of specification: KeySpecification, _ request: borrowing Request, offset: Int
    ) -> Int? {
        switch specification.begin {
        case .index(let index): return offset + index
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
            guard last < request.count else { throw invalidArguments }
            return Array(stride(from: first, through: last, by: step))
        case .counted(let count, let relativeFirst, let step):
            let start = first + relativeFirst
            guard first + count < request.count, let number = Int(decimal: request[first + count]), number > 0,
                number <= (request.count - start + step - 1) / step
            else { throw invalidArguments }
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
            return isReadingBitfield(request, from: offset + 2)
                ? [.readOnly, .access] : [.readWrite, .access, .update]
        default: return specification.access
        }
    }

    /// Whether all of `BITFIELD`'s operations read; what is malformed counts as a change.
    private static func isReadingBitfield(_ request: borrowing Request, from first: Int) -> Bool {
        var index = first
        while index < request.count {
            let left = request.count - index - 1
            if left >= 2, request[index].equalsIgnoringCase("get") {
                index += 3
            } else if left >= 1, request[index].equalsIgnoringCase("overflow") {
                index += 2
            } else {
                return false
            }
        }
        return true
    }

    /// Where `SORT` stores what it has sorted: behind the last `STORE` that is not the value of another option.
    private static func sortDestination(_ request: borrowing Request, from first: Int) -> Int? {
        var found: Int?
        var index = first
        while index < request.count - 1 {
            let word = request[index]
            if word.equalsIgnoringCase("limit") {
                index += 2
            } else if word.equalsIgnoringCase("get") || word.equalsIgnoringCase("by") {
                index += 1
            } else if word.equalsIgnoringCase("store") {
                found = index + 1
            }
            index += 1
        }
        return found
    }
}
