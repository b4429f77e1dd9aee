import Bytes
import RESP
import ServerMetrics
import Storage

extension Session {
    /// Whether the next request may be taken by ``takePlainGets(_:from:_:)``: it means what it says.
    @inline(__always)
    func mayTakePlainGets(_ parser: borrowing RequestParser) -> Bool {
        takesPlainGets && !context.isMonitored && !isReplaying && sliced == nil && parser.isBetweenRequests
            && limits.admitPlainGets
    }

    /// Understands the `GET`s in a row that begin at `offset`, as many as the budget allows: one step of the plan.
    ///
    /// What every other request goes through (the parser, the table of commands, the checks in Redis's order) is known
    /// beforehand to let these pass, and what is counted is counted once for all of them. A key that the user might not
    /// read ends them.
    ///
    /// - Returns: Where what follows them begins; `offset` where there are none.
    @inline(__always)
    func takePlainGets(_ bytes: Span<UInt8>, from offset: Int, _ plan: ReplyPlan) -> Int {
        let allowed = gettableKeys
        guard var get = PlainGet(bytes, at: offset) else { return offset }
        if let allowed, !allowed.cover(bytes.extracting(get.keyStart..<get.keyEnd)) { return offset }
        let (view, place) = view(in: plan)
        let first = view.lookups.count
        var count = 1
        _ = view.lookups.append(bytes.extracting(get.keyStart..<get.keyEnd))
        while count < budget, let next = PlainGet(bytes, at: get.end) {
            if let allowed, !allowed.cover(bytes.extracting(next.keyStart..<next.keyEnd)) { break }
            get = next
            count &+= 1
            _ = view.lookups.append(bytes.extracting(get.keyStart..<get.keyEnd))
        }
        plan.countLookups(count)
        plan.steps.append(ReplyPlan.Step(kind: .value, view: place, count: UInt32(count), index: first))
        budget -= count
        let context = context
        context.metrics.commandsProcessed.add(count)
        context.tally.begin(context.getCommand.index, count: count)
        lastCommand = context.getCommand
        if context.isSampling { context.sample(context.getCommand.index, keyCount: 1, count: count, sessionID: id) }
        return get.end
    }
}
