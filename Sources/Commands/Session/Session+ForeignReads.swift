import Bytes
import RESP

extension Session {
    /// Reads of types that no key here has, scripts, and what is refused with a reason of its own.
    ///
    /// - Returns: False for the commands of others, with nothing done.
    /// - Throws: What to reply instead.
    func performForeignRead(
        _ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan
    ) throws(CommandError) -> Bool {
        let table = context.server.table
        switch command.action {
        case .foreignRead: try foreignRead(command, request, plan)
        case .refused, .refusedAtOnce: throw CommandError(ErrorReply.notAvailable(table.command(of: command)))
        case .xinfoHelp: reply(plan) { table.writeHelp("xinfo", to: &$0) }
        case .xgroupHelp: reply(plan) { table.writeHelp("xgroup", to: &$0) }
        case .scriptHelp: reply(plan) { table.writeHelp("script", to: &$0) }
        case .functionHelp: reply(plan) { table.writeHelp("function", to: &$0) }
        case .scriptExists: reply(plan) { Self.writeNoScripts(count: request.count - 2, to: &$0) }
        case .scriptFlush:
            try Self.checkScriptFlush(request)
            ok(plan)
        case .noScriptRuns: throw CommandError("NOTBUSY No scripts in execution right now.")
        case .functionDump: reply(plan) { $0.bulk(Self.dumpOfNoFunctions.span) }
        case .functionList:
            try Self.checkFunctionList(request)
            reply(plan) { $0.array(count: 0) }
        case .functionStatistics: reply(plan) { Self.writeFunctionStatistics(to: &$0) }
        default: return false
        }
        return true
    }

    private func foreignRead(
        _ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan
    ) throws(CommandError) {
        let name = context.server.table.command(of: command).fullName
        guard let read = ForeignRead.all[name] else { preconditionFailure("\(name) has no answer for a missing key") }
        try read.early?(request)
        var missing = ReplyWriter(version: protocolVersion)
        read.writeMissing(request, to: &missing)
        let bytes = [UInt8](copying: missing.output.span)
        let computation = Computation.quick { values, reply in
            if (0..<values.count).contains(where: { values.isFound($0) }) {
                reply.error(ErrorReply.wrongType)
            } else {
                reply.output.append(bytes.span)
            }
        }
        compute(computation, fromKeysAt: read.keyPlaces(in: request), request, plan)
    }

    // MARK: Scripts, of which there are none

    private static func writeNoScripts(count: Int, to reply: inout ReplyWriter) {
        reply.array(count: count)
        for _ in 0..<count { reply.integer(0) }
    }

    private static func checkScriptFlush(_ request: borrowing Request) throws(CommandError) {
        guard request.count > 2 else { return }
        guard request.count == 3,
            request[2].equalsIgnoringCase("SYNC") || request[2].equalsIgnoringCase("ASYNC")
        else { throw CommandError("ERR SCRIPT FLUSH only support SYNC|ASYNC option") }
    }

    private static func checkFunctionList(_ request: borrowing Request) throws(CommandError) {
        var hasName = false
        var hasCode = false
        var index = 2
        while index < request.count {
            if !hasCode, request[index].equalsIgnoringCase("WITHCODE") {
                hasCode = true
            } else if !hasName, request[index].equalsIgnoringCase("LIBRARYNAME") {
                guard index + 1 < request.count else {
                    throw CommandError("ERR library name argument was not given")
                }
                hasName = true
                index += 1
            } else {
                throw CommandError(ErrorReply.quoting("ERR Unknown argument ", request[index], ""))
            }
            index += 1
        }
    }

    private static func writeFunctionStatistics(to reply: inout ReplyWriter) {
        reply.map(count: 2)
        reply.bulk("running_script" as StaticString)
        reply.null()
        reply.bulk("engines" as StaticString)
        reply.map(count: 1)
        reply.bulk("LUA" as StaticString)
        reply.map(count: 2)
        reply.bulk("libraries_count" as StaticString)
        reply.integer(0)
        reply.bulk("functions_count" as StaticString)
        reply.integer(0)
    }

    /// What `FUNCTION RESTORE` of Redis takes for no libraries: a version of its format, and a checksum.
    private static let dumpOfNoFunctions: [UInt8] = [10, 0, 93, 155, 92, 64, 15, 127, 162, 218]
}
