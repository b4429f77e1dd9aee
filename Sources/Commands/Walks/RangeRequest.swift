import Bytes
import RESP

/// What `DATASET RANGE` or `DATASET PREFIX` asks for.
struct RangeRequest: Sendable, Equatable {
    /// What is told of each row.
    enum Form: Sendable {
        case rows, keys, values
    }

    var database: Int
    /// The first key that may be in the reply.
    var start: [UInt8]
    /// Keys from here on are not; `nil` for no end.
    var end: [UInt8]?
    var countMax = Self.countDefault
    var form = Form.rows

    static let countDefault = 100
    static let countLimit = 100_000

    /// Reads the arguments of a request of an arity that the sub-command takes.
    ///
    /// - Parameters:
    ///   - command: The sub-command.
    ///   - request: The whole request.
    ///   - names: The datasets' names, by database number.
    /// - Throws: What to reply instead.
    init(_ command: CommandRow, _ request: borrowing Request, names: [String]) throws(CommandError) {
        let name = String(copying: request[2])
        guard let number = names.firstIndex(of: name) else {
            throw CommandError(ErrorReply.unknownDataset(name, among: names))
        }
        database = number
        start = request[3].copied()
        let isPrefix = command.action == .datasetPrefix
        if isPrefix {
            end = Self.successor(ofPrefix: start)
        } else if !request[4].isEmpty {
            end = request[4].copied()
        }
        var index = isPrefix ? 4 : 5
        while index < request.count {
            let word = request[index]
            if word.equalsIgnoringCase("KEYS") {
                try choose(.keys)
            } else if word.equalsIgnoringCase("VALUES") {
                try choose(.values)
            } else {
                index += 1
                guard index < request.count else { throw CommandError(ErrorReply.syntax) }
                if word.equalsIgnoringCase("LIMIT") {
                    guard let count = Int(decimal: request[index]), 1...Self.countLimit ~= count else {
                        throw CommandError("ERR LIMIT must be a whole number from 1 to 100000")
                    }
                    countMax = count
                } else if isPrefix, word.equalsIgnoringCase("FROM") {
                    let from = request[index]
                    if from.compare(start.span) > 0 { start = from.copied() }
                } else {
                    throw CommandError(ErrorReply.syntax)
                }
            }
            index += 1
        }
    }

    private mutating func choose(_ wanted: Form) throws(CommandError) {
        guard form == .rows || form == wanted else { throw CommandError(ErrorReply.syntax) }
        form = wanted
    }

    /// The first string behind all that begin with `prefix`; `nil` where nothing is.
    static func successor(ofPrefix prefix: [UInt8]) -> [UInt8]? {
        guard let last = prefix.lastIndex(where: { $0 != .max }) else { return nil }
        return prefix[..<last] + [prefix[last] + 1]
    }
}
