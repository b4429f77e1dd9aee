import Bytes
import Datasets
import RESP
import ServerMetrics

extension Session {
    /// Commands about connections and the server, which touch no keys.
    func performServerCommand(
        _ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan
    ) throws(CommandError) {
        switch command.action {
        case .clientTracking: try setTracking(request, plan)
        case .clientTrackingInfo: writeTrackingInfo(plan)
        case .clientCaching: try setCaching(request, plan)
        case .clientGetRedirection: reply(plan) { $0.integer(redirectionNumber) }
        case .clientReply: try setReplyMode(request, plan)
        case .clientPause: try pause(request, plan)
        case .clientUnpause:
            context.server.endPause()
            ok(plan)
        case .clientID: reply(plan) { $0.integer(id) }
        case .clientGetName:
            // Redis has no empty name: to take a name away is to have none.
            reply(plan) { if name.isEmpty { $0.null() } else { $0.bulk(name) } }
        case .clientSetName:
            guard let valid = ClientFacts.validName(request[2]) else {
                throw CommandError(ErrorReply.invalidClientName)
            }
            name = valid
            ok(plan)
        case .clientSetInfo:
            switch try ClientLibrary(request) {
            case .name(let name): libraryName = name
            case .version(let version): libraryVersion = version
            }
            ok(plan)
        case .info:
            try Self.checkNames(request)
            let sections = InfoSection.requested(by: request)
            schedule(
                SingleSliceJob(version: protocolVersion) { [server = context.server] in
                    server.facts().writeInfo(sections, to: &$0)
                })
        case .pubsubChannels, .pubsubNumsub, .pubsubNumpat, .pubsubShardChannels, .pubsubShardNumsub:
            try performPubSub(command, request)
        case .datasetList, .datasetStatus, .datasetVersions, .datasetReload, .datasetRollback, .datasetPin,
            .datasetUnpin, .datasetVerify:
            let wanted = try DatasetRequest(
                command, request, names: context.server.catalog.names, selected: database)
            guard let control = context.server.control else { throw CommandError(ErrorReply.noControl) }
            schedule(DatasetJob(wanted, control: control, version: protocolVersion))
        case .lastsave:
            schedule(
                SingleSliceJob(version: protocolVersion) { [server = context.server] in
                    $0.integer(server.facts().lastSwapUnixSeconds)
                })
        case .time:
            schedule(
                SingleSliceJob(version: protocolVersion) { [server = context.server] in
                    ServerAnswers.writeTime(unixMicroseconds: server.facts().unixMicroseconds, to: &$0)
                })
        default: try answerFromTable(command, request, plan)
        }
    }

    private func answerFromTable(
        _ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan
    ) throws(CommandError) {
        switch command.action {
        case .commandInfo, .commandDocs, .commandList, .configGet: try Self.checkNames(request)
        default: break
        }
        let server = context.server
        try answer(request, plan) { request, output throws(CommandError) in
            let answers = ServerAnswers(table: server.table, settings: server.configuration)
            let isKnown = try answers.write(command, request, to: &output)
            precondition(isKnown, "no session answers an action of the table")
        }
    }

    func replyError(_ plan: ReplyPlan, _ text: [UInt8]) {
        fail(plan) { $0.error(text.span) }
    }

    /// Whom the client has shown the password of.
    public var username: [UInt8] { user.name }

    /// What Redis would call the type of this session's client.
    public var kind: ClientFacts.Kind { subscriptions == nil ? .normal : .pubsub }

    /// What this session knows of its client; the connection adds the rest.
    public var facts: ClientFacts {
        var facts = ClientFacts()
        facts.id = id
        facts.name = name
        facts.username = user.printableName
        facts.database = database
        facts.queuedRequestCount = transaction?.count
        facts.inputBytes = requestBytes
        facts.trackingBytes = trackingBytes
        if let lastCommand { facts.lastCommand = context.server.table.command(of: lastCommand).fullName }
        facts.libraryName = libraryName
        facts.libraryVersion = libraryVersion
        facts.protocolVersion = Int(protocolVersion.rawValue)
        facts.isEnding = isEnding
        facts.redirection = redirectionNumber
        facts.isRedirectionBroken = tracking?.isRedirectionBroken ?? false
        facts.isTrackingBroadcast = tracking?.mode == .broadcast
        facts.isNoEvict = isNoEvict
        facts.isNoTouch = isNoTouch
        facts.isMonitor = isMonitor
        facts.transactionBytes = transaction?.requests.count ?? 0
        facts.kind = kind
        if let subscriptions {
            facts.subscriptionCount = subscriptions.count(.channel)
            facts.patternSubscriptionCount = subscriptions.count(.pattern)
            facts.shardSubscriptionCount = subscriptions.count(.shardChannel)
        }
        return facts
    }
}
