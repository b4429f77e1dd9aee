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
        forgetUser()
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
        if !user.isUnrestricted { updateAccess() }
        ok(plan)
    }
}
