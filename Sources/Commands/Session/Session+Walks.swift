import Bytes
import Datasets
import RESP
import Storage

extension Session {
    /// `KEYS`: refused at once where it is certain to find more than may be told.
    func keys(matching pattern: GlobPattern, _ plan: ReplyPlan) {
        let countMax = context.server.keysReplyMax
        if pattern.matchesEverything, case .exact(let count) = version.keyCount, count > countMax {
            return replyError(plan, ErrorReply.tooManyKeys(countMax))
        }
        let start = version.engine.isOrdered ? pattern.start : .beginning
        schedule(
            WalkJob(
                version, from: start, matching: pattern, form: .everything(countMax: countMax), server: context.server,
                protocolVersion: protocolVersion))
    }

    /// `SCAN`.
    func scan(_ request: borrowing Request, _ plan: ReplyPlan) {
        guard let cursor = UInt64(cursor: request[1]) else { return replyError(plan, ErrorReply.invalidCursor) }
        var count = 10
        var pattern: GlobPattern?
        var isStringWanted = true
        var index = 2
        while index < request.count {
            guard index + 1 < request.count else { return replyError(plan, ErrorReply.syntax) }
            if request[index].equalsIgnoringCase("COUNT") {
                guard let number = Int(decimal: request[index + 1]) else {
                    return replyError(plan, ErrorReply.notAnInteger)
                }
                guard number > 0 else { return replyError(plan, ErrorReply.syntax) }
                count = number
            } else if request[index].equalsIgnoringCase("MATCH") {
                pattern = GlobPattern(request[index + 1])
            } else if request[index].equalsIgnoringCase("TYPE") {
                isStringWanted = request[index + 1].equalsIgnoringCase("string")
            } else {
                return replyError(plan, ErrorReply.syntax)
            }
            index += 2
        }
        // Greater ones than there are come behind the last, as the -1 that some tools send: nothing is left.
        let isBehindAll = cursor > ScanCursors.cursorMax
        guard let start = isBehindAll ? .beginning : scanStart(cursor, pattern) else {
            return replyError(plan, "ERR this cursor is unknown or has expired, start again from 0" as StaticString)
        }
        guard isStringWanted, !isBehindAll else {
            return reply(plan) {
                $0.array(count: 2)
                $0.bulk("0" as StaticString)
                $0.array(count: 0)
            }
        }
        schedule(
            WalkJob(
                version, from: start, matching: pattern, form: .page(cursor: cursor, keysVisitedMax: count),
                server: context.server,
                protocolVersion: protocolVersion))
    }

    /// Where the page of `cursor` begins; `nil` where nobody knows.
    private func scanStart(_ cursor: UInt64, _ pattern: GlobPattern?) -> ScanStart? {
        let isPosition = cursor.isMultiple(of: 2)
        guard version.engine.isOrdered else {
            // A walk that began in the order of keys, before a swap, begins again: keys come twice then, as they may,
            // and none is left out.
            return cursor > 0 && isPosition ? .position(cursor / 2) : .beginning
        }
        // In key order, a pattern that begins with literal bytes is a walk over their range.
        if cursor == 0 { return pattern?.start ?? .beginning }
        return isPosition ? nil : context.server.cursors.key(for: cursor).map { .key($0) }
    }
}

extension ErrorReply {
    static func tooManyKeys(_ countMax: Int) -> String {
        "ERR the reply would hold more than \(countMax) keys (max-keys-reply), use SCAN"
    }
}
