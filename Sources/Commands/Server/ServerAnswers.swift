import Bytes
import RESP

/// Replies that need nothing but the table and the settings.
struct ServerAnswers {
    let table: CommandTable
    let settings: [(name: String, value: String)]

    /// Writes the reply to a request whose arity is right.
    ///
    /// - Returns: False for the commands of others, with nothing written.
    /// - Throws: What to reply instead, with nothing written.
    func write(
        _ command: CommandRow, _ request: borrowing Request, to reply: inout ReplyWriter
    ) throws(CommandError) -> Bool {
        switch command.action {
        case .command: table.writeAll(to: &reply)
        case .commandCount: table.writeCount(to: &reply)
        case .commandInfo: table.writeDescriptions(request, to: &reply)
        case .commandDocs: table.writeDocumentation(request, to: &reply)
        case .commandList: try table.writeNames(request, to: &reply)
        case .commandGetKeys: try table.writeKeys(request, withAccess: false, to: &reply)
        case .commandGetKeysAndFlags: try table.writeKeys(request, withAccess: true, to: &reply)
        case .commandHelp: table.writeHelp("command", to: &reply)
        case .configGet: ConfigCommands.writeMatches(request, of: settings, to: &reply)
        case .configRewrite: throw CommandError(ConfigCommands.cannotRewrite)
        case .configHelp: table.writeHelp("config", to: &reply)
        case .clientHelp: table.writeHelp("client", to: &reply)
        case .datasetHelp: table.writeHelp("dataset", to: &reply)
        case .pubsubHelp: table.writeHelp("pubsub", to: &reply)
        case .publish: throw CommandError(ErrorReply.cannotPublish)
        case .moduleHelp: table.writeHelp("module", to: &reply)
        case .slowlogHelp: table.writeHelp("slowlog", to: &reply)
        case .latencyHelp: table.writeHelp("latency", to: &reply)
        case .memoryHelp: table.writeHelp("memory", to: &reply)
        case .aclHelp: table.writeHelp("acl", to: &reply)
        case .moduleList: reply.array(count: 0)
        case .cluster: throw CommandError(ErrorReply.clusterDisabled)
        case .role:
            reply.array(count: 3)
            reply.bulk("master" as StaticString)
            reply.integer(0)
            reply.array(count: 0)
        case .wait:
            try Self.checkWait(request)
            reply.integer(0)
        default: return false
        }
        return true
    }

    /// Writes the reply of `TIME`.
    static func writeTime(unixMicroseconds: Int, to reply: inout ReplyWriter) {
        reply.array(count: 2)
        reply.bulk(decimal: UInt(max(0, unixMicroseconds / 1_000_000)))
        reply.bulk(decimal: UInt(max(0, unixMicroseconds % 1_000_000)))
    }

    /// There are no replicas to wait for.
    private static func checkWait(_ request: borrowing Request) throws(CommandError) {
        guard Int(decimal: request[1]) != nil else { throw CommandError(ErrorReply.notAnInteger) }
        guard let timeout = Int(decimal: request[2]) else {
            throw CommandError("ERR timeout is not an integer or out of range")
        }
        guard timeout >= 0 else { throw CommandError("ERR timeout is negative") }
    }
}
