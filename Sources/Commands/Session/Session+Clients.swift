import Bytes
import RESP

extension Session {
    /// Commands about other connections, and about how this one is served.
    ///
    /// - Returns: False for the commands of others, with nothing done.
    /// - Throws: What to reply instead.
    func performClientCommand(
        _ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan
    ) throws(CommandError) -> Bool {
        switch command.action {
        case .clientInfo: visitClients(ClientFilter(id: id), .describe)
        case .clientList: visitClients(try ClientFilter(listed: request), .describe)
        case .clientKill:
            if request.count == 3 {
                visitClients(ClientFilter(address: String(copying: request[2])), .kill(countsThem: false))
            } else {
                visitClients(try killedClients(request), .kill(countsThem: true))
            }
        case .clientUnblock: try unblock(request, plan)
        case .clientNoEvict:
            isNoEvict = try Bool(onOrOff: request[2])
            ok(plan)
        case .clientNoTouch:
            isNoTouch = try Bool(onOrOff: request[2])
            ok(plan)
        case .configSet:
            guard let control = context.server.settingsControl else {
                throw CommandError(ConfigCommands.cannotChange)
            }
            schedule(try SettingsJob(request, control: control))
        default: return false
        }
        return true
    }

    private func killedClients(_ request: borrowing Request) throws(CommandError) -> ClientFilter {
        let users = context.server.access.current.users
        return try ClientFilter(killed: request, askerID: id) { users[$0] != nil }
    }

    private func visitClients(_ filter: ClientFilter, _ purpose: ClientVisitJob.Purpose) {
        schedule(ClientVisitJob(filter, purpose, askerID: id))
    }

    /// No client ever waits in a blocking command.
    private func unblock(_ request: borrowing Request, _ plan: ReplyPlan) throws(CommandError) {
        guard request.count <= 4 else { throw CommandError(ErrorReply.subcommandArguments(request)) }
        if request.count == 4, !request[3].equalsIgnoringCase("timeout"), !request[3].equalsIgnoringCase("error") {
            throw CommandError(ErrorReply.unblockReason)
        }
        guard Int(decimal: request[2]) != nil else { throw CommandError(ErrorReply.notAnInteger) }
        reply(plan) { $0.integer(0) }
    }
}
