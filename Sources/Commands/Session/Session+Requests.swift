import Bytes
import RESP
import ServerMetrics
import Storage

extension Session {
    /// Understands one request: refuses it, queues it, or adds its steps to the plan.
    ///
    /// Checks in Redis's order: known, arity, allowed, writable, transaction.
    func run(_ request: borrowing Request, _ plan: ReplyPlan) {
        guard request.count > 0 else { return }
        budget -= 1
        if sliced == nil { context.metrics.commandsProcessed.add() }
        if !isOrdinary, sliced == nil, !isReplaying { beginExtraordinary(request, plan) }
        guard var command = context.server.table.find(request[0]) else { return refuseUnknown(request, plan) }
        if command.isContainer, request.count > 1 {
            guard let subcommand = context.server.table.find(request[1], in: command) else {
                return refuseUnknownSubcommand(request, plan)
            }
            command = subcommand
        }
        guard command.accepts(argumentCount: request.count) else { return refuseArity(command, plan) }
        lastCommand = command
        if !isOrdinary, isDenied(command, request, plan) { return }
        if command.isWrite { return refuseWrite(plan) }
        if !isOrdinary, isSpecial(command, request, plan) { return }
        perform(command, request, plan)
    }

    /// Refuses or queues what may not be performed now.
    ///
    /// - Returns: Whether that was done.
    @inline(never)
    private func isSpecial(_ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan) -> Bool {
        // Redis refuses what is switched off before it would be queued, or found out of place.
        if command.action == .debug, !isDebugAllowed {
            refuse(plan, command) { $0.error(Self.debugRefused) }
            return true
        }
        if command.action == .refusedAtOnce {
            let text = ErrorReply.notAvailable(context.server.table.command(of: command))
            refuse(plan, command) { $0.error(text.span) }
            return true
        }
        if subscriptions != nil, isForbiddenWhileSubscribed(command) {
            let text = ErrorReply.subscribed(command, context.server.table)
            if command.action == .exec {
                abortTransaction(plan, because: text)
            } else {
                refuse(plan, command) { $0.error(text) }
            }
            return true
        }
        if isForbiddenToMonitor(command) {
            refuse(plan, command) { $0.error(ErrorReply.monitorReads) }
            return true
        }
        if transaction != nil, queueIfInTransaction(command, request, plan) { return true }
        return versionWishes != nil && sliced == nil && !meetVersionWishes(command, plan)
    }

    @inline(never)
    private func refuseUnknown(_ request: borrowing Request, _ plan: ReplyPlan) {
        // What a browser sends to a port it was tricked into: Redis closes without a word.
        if ErrorReply.isCrossProtocol(request[0]) {
            isEnding = true
        } else {
            let text = ErrorReply.unknownCommand(request)
            refuse(plan) { $0.error(text.span) }
        }
    }

    // Apart from the path of every request, which they would make longer.

    @inline(never)
    private func refuseUnknownSubcommand(_ request: borrowing Request, _ plan: ReplyPlan) {
        let text = ErrorReply.unknownSubcommand(request)
        refuse(plan) { $0.error(text.span) }
    }

    @inline(never)
    private func refuseArity(_ command: CommandRow, _ plan: ReplyPlan) {
        lastCommand = command
        let text = ErrorReply.wrongArity(command, context.server.table)
        if command.action == .exec { return abortTransaction(plan, because: text) }
        refuse(plan, command) { $0.error(text) }
    }

    @inline(never)
    private func refuseWrite(_ plan: ReplyPlan) {
        refuse(plan, lastCommand) { $0.error(ErrorReply.readOnly) }
    }

    /// Replies an error to a request that is not carried out, which also spoils a transaction being queued.
    @inline(never)
    func refuse(_ plan: ReplyPlan, _ command: CommandRow? = nil, _ write: (inout ReplyWriter) -> Void) {
        transaction?.isSpoilt = true
        reply(plan) { output in
            let start = output.output.count
            write(&output)
            noteRejection(output.output.span.extracting((start + 1)...), of: command)
        }
    }

    /// Replies an error to a request that is carried out.
    @inline(never)
    func fail(_ plan: ReplyPlan, _ write: (inout ReplyWriter) -> Void) {
        reply(plan) { output in
            let start = output.output.count
            write(&output)
            noteFailure(output.output.span.extracting((start + 1)...))
        }
    }

    @inline(__always)
    private func perform(_ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan) {
        let isFirst = sliced == nil
        if isFirst { context.tally.begin(command.index) }
        switch command.action {
        case .get: lookUpOne(.value, request, plan)
        case .mget: lookUpMany(request, plan, isCounting: false)
        case .exists, .touch: lookUpMany(request, plan, isCounting: true)
        case .strlen: lookUpOne(.length, request, plan)
        case .type: lookUpOne(.type, request, plan)
        case .timeToLive: lookUpOne(.timeToLive, request, plan)
        case .getrange: getRange(request, plan)
        case .ping:
            if request.count > 2 {
                replyError(plan, ErrorReply.wrongArity(command, context.server.table))
            } else if subscriptions != nil, protocolVersion == .resp2 {
                pongAsMessage(request, plan)
            } else if request.count == 2 {
                reply(plan) { $0.bulk(request[1]) }
            } else {
                reply(plan) { $0.simple("PONG" as StaticString) }
            }
        case .echo: reply(plan) { $0.bulk(request[1]) }
        default:
            performUncommon(command, request, plan)
            if nextJob != nil { noteScheduled(command, request) }
        }
        if context.isMonitored, isFirst { showToMonitors(command, request) }
        if context.isSampling, isFirst {
            let keyCount = command.keyCount(argumentCount: request.count)
            context.sample(command.index, keyCount: keyCount, sessionID: id)
        }
    }

    @inline(__always)
    private func lookUpOne(
        _ kind: ReplyPlan.Step.Kind, parameter: Int = 0, _ request: borrowing Request, _ plan: ReplyPlan
    ) {
        let (view, place) = view(in: plan)
        let index = view.lookups.append(request[1])
        plan.countLookups(1)
        plan.steps.append(
            ReplyPlan.Step(kind: kind, view: place, count: 1, index: index, parameter: parameter))
    }

    /// MGET, or EXISTS and TOUCH, which count: over as many keys as this turn may take, then over more.
    private func lookUpMany(_ request: borrowing Request, _ plan: ReplyPlan, isCounting: Bool) {
        let first = sliced?.nextArgument ?? 1
        // What fits into a turn of its own stays in one piece, so that damage is one error, not a broken array.
        let last = min(first + (first == 1 ? Self.turnBudget : max(budget, 1)), request.count)
        let (view, place) = view(in: plan)
        let index = view.lookups.count
        for argument in first..<last { _ = view.lookups.append(request[argument]) }
        plan.countLookups(last - first)
        budget -= last - first
        let isFirst = first == 1
        let isLast = last == request.count
        let kind: ReplyPlan.Step.Kind =
            switch (isCounting, isFirst, isLast) {
            case (true, _, false): .partialHits
            case (true, _, true): .hits
            case (false, true, true): .values
            case (false, true, false): .firstValues
            case (false, false, _): .moreValues
            }
        plan.steps.append(
            ReplyPlan.Step(
                kind: kind, view: place, count: UInt32(last - first), index: index, parameter: request.count - 1))
        if isLast {
            sliced = nil
        } else {
            sliced = SlicedRequest(nextArgument: last, byteCount: sliced?.byteCount ?? 0)
            pinVersions()
        }
    }

    /// Looks up the keys at some arguments, and has `computation` make the reply from their values.
    ///
    /// More keys than a turn may take go to a reader, once all that was asked before is answered.
    func compute(
        _ computation: Computation, fromKeysAt arguments: some Collection<Int>, _ request: borrowing Request,
        _ plan: ReplyPlan
    ) {
        budget -= arguments.count
        let isTooMany = arguments.count > Self.turnBudget
        let target = isTooMany ? ReplyPlan() : plan
        let place = isTooMany ? UInt16(target.viewIndex(of: version)) : view(in: plan).place
        let view = target.views[Int(place)]
        let first = view.lookups.count
        for argument in arguments { _ = view.lookups.append(request[argument]) }
        target.append(computation, over: first..<view.lookups.count, ofView: place, protocolVersion, lastCommand?.index)
        guard isTooMany else { return }
        context.metrics.coldLookups.add(arguments.count)
        schedule(ColdLookupJob(target))
    }

    private func getRange(_ request: borrowing Request, _ plan: ReplyPlan) {
        guard let first = Int(decimal: request[2]), let last = Int(decimal: request[3]) else {
            return replyError(plan, ErrorReply.notAnInteger)
        }
        plan.ranges.append((first, last))
        lookUpOne(.range, parameter: plan.ranges.count - 1, request, plan)
    }
}
