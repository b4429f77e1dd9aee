import Bytes
import RESP

extension Session {
    /// Commands that make something of string values: bits, patterns, sizes.
    ///
    /// - Returns: False for the commands of others, with nothing done.
    /// - Throws: What to reply instead.
    func performValueCommand(
        _ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan
    ) throws(CommandError) -> Bool {
        switch command.action {
        case .getbit: compute(try BitCommands.bit(request), fromKeysAt: 1..<2, request, plan)
        case .bitcount: compute(BitCommands.count(request), fromKeysAt: 1..<2, request, plan)
        case .bitpos: compute(try BitCommands.position(request), fromKeysAt: 1..<2, request, plan)
        case .bitfieldReadOnly: compute(try BitCommands.fields(request), fromKeysAt: 1..<2, request, plan)
        case .lcs: compute(try SubsequenceCommand(request).computation, fromKeysAt: 1..<3, request, plan)
        case .pfcount:
            let computation = HyperLogLogCommands.count(keys: request.count - 1)
            compute(computation, fromKeysAt: 1..<request.count, request, plan)
        case .dump: compute(Self.dump, fromKeysAt: 1..<2, request, plan)
        case .sortReadOnly:
            compute(
                try Self.sort(request, mayReadAllKeys: mayReadAllKeys(by: command, request)), fromKeysAt: 1..<2,
                request, plan)
        case .objectEncoding, .objectFrequency, .objectIdleTime, .objectReferenceCount:
            compute(Self.objectFact(command.action), fromKeysAt: 2..<3, request, plan)
        case .objectHelp:
            let table = context.server.table
            reply(plan) { table.writeHelp("object", to: &$0) }
        case .memoryUsage: compute(try Self.memoryUsage(request), fromKeysAt: 2..<3, request, plan)
        default: return false
        }
        return true
    }

    private static let dump = Computation { values, reply in
        values.withValue(0) { DumpPayload.write($0, to: &reply) } ?? reply.null()
    }

    private static func objectFact(_ action: Action) -> Computation {
        .quick { values, reply in
            guard let encoding = values.withValue(0, ValueEncoding.init) else { return reply.null() }
            switch action {
            case .objectEncoding: reply.bulk(encoding.name)
            case .objectReferenceCount: reply.integer(encoding.referenceCount)
            // Nobody keeps the time of each key's last reading.
            case .objectIdleTime: reply.integer(0)
            default: reply.error(ErrorReply.frequencyNotTracked)
            }
        }
    }

    /// `MEMORY USAGE key [SAMPLES count]`; strings are not sampled.
    private static func memoryUsage(_ request: borrowing Request) throws(CommandError) -> Computation {
        var index = 3
        while index < request.count {
            guard request[index].equalsIgnoringCase("SAMPLES"), index + 1 < request.count else {
                throw CommandError(ErrorReply.syntax)
            }
            guard let count = Int(decimal: request[index + 1]) else { throw CommandError(ErrorReply.notAnInteger) }
            guard count >= 0 else { throw CommandError(ErrorReply.syntax) }
            index += 2
        }
        let keyByteCount = request[2].count
        return .quick { values, reply in
            guard let encoding = values.withValue(0, ValueEncoding.init) else { return reply.null() }
            reply.integer(encoding.memoryBytes(keyByteCount: keyByteCount))
        }
    }

    /// `SORT_RO key …`: a string cannot be sorted, and a key that is not there has nothing to sort.
    ///
    /// Which keys a pattern reads is found out only by sorting, so that patterns are for those who may read them all.
    private static func sort(
        _ request: borrowing Request, mayReadAllKeys: Bool
    ) throws(CommandError) -> Computation {
        var index = 2
        while index < request.count {
            let left = request.count - index - 1
            let word = request[index]
            if word.equalsIgnoringCase("ASC") || word.equalsIgnoringCase("DESC") || word.equalsIgnoringCase("ALPHA") {
                index += 1
            } else if word.equalsIgnoringCase("LIMIT"), left >= 2 {
                guard Int(decimal: request[index + 1]) != nil, Int(decimal: request[index + 2]) != nil else {
                    throw CommandError(ErrorReply.notAnInteger)
                }
                index += 3
            } else if word.equalsIgnoringCase("BY"), left >= 1 {
                let pattern = request[index + 1]
                // Redis sorts by no key where the pattern has no place for the element.
                let readsKeys = pattern.indices.contains { pattern[$0] == UInt8(ascii: "*") }
                guard mayReadAllKeys || !readsKeys else { throw CommandError(ErrorReply.sortByDenied) }
                index += 2
            } else if word.equalsIgnoringCase("GET"), left >= 1 {
                guard mayReadAllKeys else { throw CommandError(ErrorReply.sortGetDenied) }
                index += 2
            } else {
                throw CommandError(ErrorReply.syntax)
            }
        }
        return .quick { values, reply in
            if values.isFound(0) { reply.error(ErrorReply.wrongType) } else { reply.array(count: 0) }
        }
    }
}

extension ErrorReply {
    static let sortByDenied: StaticString = "ERR BY option of SORT denied due to insufficient ACL permissions."
    static let sortGetDenied: StaticString = "ERR GET option of SORT denied due to insufficient ACL permissions."
}
