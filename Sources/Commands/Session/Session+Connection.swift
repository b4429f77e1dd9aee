import Bytes
import Datasets
import RESP
import Storage

extension Session {
    /// Commands that are rare enough not to matter to the speed of look-ups.
    @inline(never)
    func performUncommon(_ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan) {
        switch command.action {
        case .multi: multi(plan)
        case .exec: exec(plan)
        case .discard: discard(plan)
        case .watch: watch(plan)
        case .unwatch, .readonly, .readwrite, .asking: ok(plan)
        case .quit:
            ok(plan)
            isEnding = true
        case .reset: reset(plan)
        case .monitor: monitor(plan)
        case .select: select(request, plan)
        case .hello: hello(request, plan)
        case .auth: auth(request, plan)
        case .subscribe: subscribe(.channel, request, plan)
        case .psubscribe: subscribe(.pattern, request, plan)
        case .ssubscribe: subscribeToShard(request, plan)
        case .unsubscribe: unsubscribe(.channel, request, plan)
        case .punsubscribe: unsubscribe(.pattern, request, plan)
        case .sunsubscribe: unsubscribe(.shardChannel, request, plan)
        case .dbsize:
            let count = version.keyCount.value
            reply(plan) { $0.integer(count) }
        case .scan: scan(request, plan)
        case .keys:
            keys(matching: GlobPattern(request[1]), plan)
        case .randomkey:
            schedule(RandomKeyJob(version, seed: context.random.next(), protocolVersion: protocolVersion))
        default: performRare(command, request, plan)
        }
    }

    private func performRare(_ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan) {
        do throws(CommandError) {
            if try performValueCommand(command, request, plan) { return }
            if try performForeignRead(command, request, plan) { return }
            if try performClientCommand(command, request, plan) { return }
            if try performVersionCommand(command, request, plan) { return }
            if try performIntrospection(command, request, plan) { return }
            try performServerCommand(command, request, plan)
        } catch {
            replyError(plan, error.text)
        }
    }

    func ok(_ plan: ReplyPlan) {
        reply(plan) { $0.simple("OK" as StaticString) }
    }

    private func reset(_ plan: ReplyPlan) {
        transaction = nil
        subscriptions = nil
        versionWishes = nil
        tracking = nil
        monitoring = nil
        unmute(plan)
        updateOrdinary()
        database = 0
        name = ""
        (isNoEvict, isNoTouch) = (false, false)
        if protocolVersion != .resp2 { changeProtocol(to: .resp2, plan) }
        reply(plan) { $0.simple("RESET" as StaticString) }
    }

    private func select(_ request: borrowing Request, _ plan: ReplyPlan) {
        guard let number = Int(decimal: request[1]) else { return replyError(plan, ErrorReply.notAnInteger) }
        guard Int(Int32.min)...Int(Int32.max) ~= number else { return replyError(plan, ErrorReply.outsideInt32) }
        guard context.versions.indices.contains(number) else {
            return replyError(plan, "ERR DB index is out of range" as StaticString)
        }
        database = number
        ok(plan)
    }

    private func auth(_ request: borrowing Request, _ plan: ReplyPlan) {
        // Redis without a password takes any for the user that everybody is.
        if request.count > 3 { return replyError(plan, ErrorReply.syntax) }
        if request.count == 3, request[1].elementsEqual("default") { return ok(plan) }
        replyError(plan, request.count == 2 ? ErrorReply.noPasswordSet : ErrorReply.wrongPassword)
    }

    private func hello(_ request: borrowing Request, _ plan: ReplyPlan) {
        var wanted = protocolVersion
        var newName: String?
        if request.count > 1 {
            guard let number = Int(decimal: request[1]) else {
                return replyError(plan, "ERR Protocol version is not an integer or out of range" as StaticString)
            }
            switch number {
            case 2: wanted = .resp2
            case 3: wanted = .resp3
            default: return replyError(plan, "NOPROTO unsupported protocol version" as StaticString)
            }
        }
        var index = 2
        while index < request.count {
            let left = request.count - index - 1
            if request[index].equalsIgnoringCase("AUTH"), left >= 2 {
                guard request[index + 1].elementsEqual("default") else {
                    return replyError(plan, ErrorReply.wrongPassword)
                }
                index += 3
            } else if request[index].equalsIgnoringCase("SETNAME"), left >= 1 {
                guard let valid = ClientFacts.validName(request[index + 1]) else {
                    return replyError(plan, ErrorReply.invalidClientName)
                }
                newName = valid
                index += 2
            } else {
                return replyError(plan, ErrorReply.helloOption(request[index]))
            }
        }
        if let newName { name = newName }
        if wanted != protocolVersion { changeProtocol(to: wanted, plan) }
        let (id, version, dataset) = (id, version.id, context.server.catalog.names[database])
        reply(plan) { ServerFacts.writeHello(clientID: id, dataset: dataset, version: version, to: &$0) }
    }
}
