import Bytes
import RESP

extension Session {
    /// A transaction from MULTI to EXEC: the requests so far, as a client would send them.
    struct Transaction: ~Copyable {
        var requests = ByteBuffer()
        var count = 0
        /// Whether a request was refused, so that EXEC refuses them all.
        var isSpoilt = false
    }

    /// Queues a request, unless it is one of those that act on the transaction itself.
    ///
    /// - Returns: False for those, which are to be performed now.
    func queueIfInTransaction(_ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan) -> Bool {
        switch command.action {
        case .exec, .discard, .multi, .watch, .quit, .reset: return false
        default: break
        }
        if command.flags.contains(.noMulti) {
            transaction?.isSpoilt = true
            replyError(plan, "ERR Command not allowed inside a transaction" as StaticString)
            return true
        }
        var writer = ReplyWriter()
        writer.array(count: request.count)
        for index in 0..<request.count { writer.bulk(request[index]) }
        transaction?.requests.append(writer.output.span)
        transaction?.count += 1
        reply(plan) { $0.simple("QUEUED" as StaticString) }
        return true
    }

    func multi(_ plan: ReplyPlan) {
        guard transaction == nil else { return replyError(plan, "ERR MULTI calls can not be nested" as StaticString) }
        transaction = Transaction()
        updateOrdinary()
        reply(plan) { $0.simple("OK" as StaticString) }
    }

    func discard(_ plan: ReplyPlan) {
        guard transaction != nil else { return replyError(plan, "ERR DISCARD without MULTI" as StaticString) }
        transaction = nil
        updateOrdinary()
        forgetCaching()
        reply(plan) { $0.simple("OK" as StaticString) }
    }

    /// An EXEC that is itself malformed ends the transaction, as in Redis, even where there is none.
    func abortTransaction(_ plan: ReplyPlan, because error: String) {
        transaction = nil
        updateOrdinary()
        let reason = error.hasPrefix("ERR ") ? error.dropFirst(4) : error[...]
        replyError(plan, "EXECABORT Transaction discarded because of: \(reason)")
    }

    /// Nothing changes under a client, so a watched key never did: WATCH only has to be allowed.
    func watch(_ plan: ReplyPlan) {
        guard transaction == nil else {
            return replyError(plan, "ERR WATCH inside MULTI is not allowed" as StaticString)
        }
        reply(plan) { $0.simple("OK" as StaticString) }
    }

    func exec(_ plan: ReplyPlan) {
        guard let transaction = transaction.take() else {
            return replyError(plan, "ERR EXEC without MULTI" as StaticString)
        }
        updateOrdinary()
        guard !transaction.isSpoilt else {
            return replyError(plan, "EXECABORT Transaction discarded because of previous errors." as StaticString)
        }
        forgetCaching()
        let count = transaction.count
        reply(plan) { $0.array(count: count) }
        if count > 0 { startReplay(of: transaction.takeRequests()) }
    }
}

extension Session.Transaction {
    consuming func takeRequests() -> ByteBuffer { requests }
}
