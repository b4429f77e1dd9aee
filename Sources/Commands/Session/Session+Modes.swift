import Bytes
import RESP

/// What a client may ask for about how it is served: replies left out, and everybody held back.
extension Session {
    /// Finds out anew whether requests need more than to be performed.
    func updateOrdinary() {
        isModeless =
            transaction == nil && subscriptions == nil && muting == .none && tracking?.isNextCached == nil
            && versionWishes == nil && monitoring == nil
        isOrdinary = isModeless && !isLockedOut && user.isUnrestricted
        takesPlainGets = isModeless && !isLockedOut && (mayGetEveryKey || gettableKeys != nil)
    }

    /// Sees to what the requests before have left to do when one begins.
    func beginExtraordinary(_ request: borrowing Request, _ plan: ReplyPlan) {
        switch muting {
        case .none, .all: break
        case .next:
            mute(.latest, plan)
        case .latest:
            unmute(plan)
        }
        // Redis forgets what CLIENT CACHING said with the next request that is not about the client.
        if tracking?.isNextCached != nil, transaction == nil, !request[0].equalsIgnoringCase("client") {
            forgetCaching()
        }
    }

    /// What `CLIENT CACHING` said holds for the next request only, or the next transaction.
    func forgetCaching() {
        guard tracking?.isNextCached != nil else { return }
        tracking?.isNextCached = nil
        updateOrdinary()
    }

    func setReplyMode(_ request: borrowing Request, _ plan: ReplyPlan) throws(CommandError) {
        if request[2].equalsIgnoringCase("on") {
            unmute(plan)
            ok(plan)
        } else if request[2].equalsIgnoringCase("off") {
            mute(.all, plan)
        } else if request[2].equalsIgnoringCase("skip") {
            if muting == .latest { unmute(plan) }
            if muting != .all { muting = .next }
            updateOrdinary()
        } else {
            throw CommandError(ErrorReply.syntax)
        }
    }

    private func mute(_ wanted: Muting, _ plan: ReplyPlan) {
        muting = wanted
        updateOrdinary()
        plan.steps.append(ReplyPlan.Step(kind: .mute, count: 0, index: 0))
    }

    /// Has replies sent again, if they were not.
    func unmute(_ plan: ReplyPlan) {
        guard muting != .none else { return }
        if muting != .next { plan.steps.append(ReplyPlan.Step(kind: .unmute, count: 0, index: 0)) }
        muting = .none
        updateOrdinary()
    }

    /// `CLIENT PAUSE`: holds everybody back, or those who write, of whom there are none.
    func pause(_ request: borrowing Request, _ plan: ReplyPlan) throws(CommandError) {
        guard request.count <= 4 else { throw CommandError(ErrorReply.subcommandArguments(request)) }
        var isForAll = true
        if request.count == 4 {
            isForAll = request[3].equalsIgnoringCase("all")
            guard isForAll || request[3].equalsIgnoringCase("write") else {
                throw CommandError(ErrorReply.unknownPause)
            }
        }
        guard let milliseconds = Int(decimal: request[2]) else { throw CommandError(ErrorReply.timeoutNotAnInteger) }
        guard milliseconds >= 0 else { throw CommandError(ErrorReply.timeoutNegative) }
        ok(plan)
        guard isForAll else { return }
        // As in Redis, an end beyond what the clock can tell is none.
        let (nanoseconds, overflow) = UInt64(milliseconds).multipliedReportingOverflow(by: 1_000_000)
        guard !overflow else { return }
        context.server.pause(until: context.now &+ nanoseconds)
        budget = 0  // Later requests of this pipeline are held back too.
    }
}

extension ErrorReply {
    static let unknownPause: StaticString = "ERR CLIENT PAUSE mode must be WRITE or ALL"
    static let timeoutNotAnInteger: StaticString = "ERR timeout is not an integer or out of range"
    static let timeoutNegative: StaticString = "ERR timeout is negative"
}
