/// What each request's reply may be, and what it changes.
extension ConversationChecker {
    /// Whether a client that is muted gets nothing for a request; `CLIENT REPLY` itself counts.
    mutating func isUnanswered(_ request: [Bytes], _ name: String) -> Bool {
        let isNext = state.muting == .next
        if isNext { state.muting = .none }
        if state.queue == nil, !state.isRestricted, let mode = Self.replyMode(request, name) {
            switch mode {
            case "ON": state.muting = .none
            case "OFF": state.muting = .all
            default: if state.muting != .all { state.muting = .next }
            }
            return mode != "ON"
        }
        return name != "RESET" && (isNext || state.muting == .all)
    }

    private static func replyMode(_ request: [Bytes], _ name: String) -> String? {
        guard name == "CLIENT", request.count == 3 else { return nil }
        let words = request[1...].map { String(decoding: $0, as: UTF8.self).uppercased() }
        return words[0] == "REPLY" && ["ON", "OFF", "SKIP"].contains(words[1]) ? words[1] : nil
    }

    /// What a request changes that nothing is heard of.
    mutating func applySilently(_ request: [Bytes], _ name: String) {
        if state.queue != nil {
            // Only the request after CLIENT REPLY SKIP can be queued in silence, and MULTI itself is not sent then.
            state.queue?.append(request)
            return
        }
        if state.isRestricted { return }
        switch name {
        case "HELLO" where request.count == 2 && (request[1] == [50] || request[1] == [51]):
            setProtocol(request[1])
            isProtocolUncertain = true
        case "SELECT" where request.count == 2 && (request[1] == [48] || request[1] == [49]):
            state.database = Int(request[1][0]) - 48
        case "CLIENT": state.isTracking = false
        default: break
        }
    }

    private mutating func setProtocol(_ number: Bytes) {
        state.isRESP3 = number == [51]
        // What was due while the client spoke RESP2 has not been sent.
        state.sinceInvalidation = nil
    }

    /// Whether `tree` can be the reply to `request` from the versions of `epoch`; the state is as it is afterwards.
    mutating func apply(
        _ tree: ReplyTree, to request: [Bytes], _ name: String, _ epoch: Int, isQueuedNow: Bool
    ) -> Bool {
        if name == "HELLO" { return applyHello(tree, request, isQueuedNow: isQueuedNow) }
        if name == "EXEC", !isQueuedNow { return applyExec(tree, epoch) }
        guard state.isRESP3 ? tree.isRESP3 : tree.isRESP2 else { return false }
        if state.isRestricted, !isQueuedNow, !Self.isAllowedWhileRestricted(name) { return tree.isError }
        switch name {
        case "RESET":
            let muting = state.muting
            state = State()
            state.muting = muting
            return tree.isLine("+RESET")
        case "MULTI", "DISCARD":
            let isBeginning = name == "MULTI"
            guard request.count == 1, (state.queue == nil) == isBeginning else { return tree.isError }
            state.queue = isBeginning ? [] : nil
            state.isSpoilt = false
            return tree.isLine("+OK")
        case "WATCH":
            // Of too few arguments, it is refused like any other.
            if state.queue != nil, request.count < 2 { state.isSpoilt = true }
            return tree.isError || tree.isLine("+OK")
        default: break
        }
        if state.queue != nil, !isQueuedNow {
            if tree.isError { state.isSpoilt = true } else { state.queue?.append(request) }
            return tree.isError || tree.isLine("+QUEUED")
        }
        return applyNow(tree, request, name, epoch)
    }

    private mutating func applyNow(_ tree: ReplyTree, _ request: [Bytes], _ name: String, _ epoch: Int) -> Bool {
        switch name {
        case "SELECT":
            if tree.isLine("+OK") { state.database = Int(request[1].first ?? 48) - 48 }
            return tree.isError || tree.isLine("+OK")
        case "CLIENT" where tree.isLine("+OK") && request.count > 2:
            let words = request[1...].map { String(decoding: $0, as: UTF8.self).uppercased() }
            if words[0] == "TRACKING" {
                state.isTracking = words[1] == "ON" && !words.contains("REDIRECT")
                state.sinceInvalidation = nil
            }
            return true
        case "PING" where state.isRestricted && request.count <= 2:
            return tree.children.map(\.text) == [Bytes("pong".utf8), request.count == 2 ? request[1] : []]
        default: break
        }
        let expected = ExpectedReply(versions: history[epoch], isRESP3: state.isRESP3)
        guard let bytes = expected.bytes(request, database: state.database) else { return true }
        guard let (wanted, _) = try? ReplyChecker.tree(in: bytes, at: 0) else {
            preconditionFailure("what is expected is a reply")
        }
        return tree == wanted
    }

    private mutating func applyHello(_ tree: ReplyTree, _ request: [Bytes], isQueuedNow: Bool) -> Bool {
        if tree.isError {
            if state.queue != nil, !isQueuedNow { state.isSpoilt = true }
            return true
        }
        if state.queue != nil, !isQueuedNow {
            state.queue?.append(request)
            return tree.isLine("+QUEUED")
        }
        guard !state.isRestricted || isQueuedNow else { return false }
        if request.count > 1, request[1] != (state.isRESP3 ? [51] : [50]) { setProtocol(request[1]) }
        return tree.marker == UInt8(ascii: state.isRESP3 ? "%" : "*")
    }

    private mutating func applyExec(_ tree: ReplyTree, _ epoch: Int) -> Bool {
        guard let queue = state.queue else { return tree.isError }
        let isSpoilt = state.isSpoilt
        (state.queue, state.isSpoilt) = (nil, false)
        if isSpoilt { return tree.isError && tree.text.starts(with: Bytes("EXECABORT".utf8)) }
        guard tree.marker == UInt8(ascii: "*"), tree.children.count == queue.count else { return false }
        for (child, request) in zip(tree.children, queue) {
            let name = String(decoding: request[0], as: UTF8.self).uppercased()
            guard apply(child, to: request, name, epoch, isQueuedNow: true) else { return false }
            if Self.isSubscription(name), !child.isError, request.count == 2 {
                state.subscribed[Self.place(of: name)].insert(request[1])
            }
        }
        return true
    }

    private static func isAllowedWhileRestricted(_ name: String) -> Bool {
        isSubscription(name) || ["PING", "QUIT", "RESET"].contains(name)
    }

    static func place(of name: String) -> Int {
        name.hasPrefix("P") ? 1 : name.hasPrefix("SS") || name.hasPrefix("SUN") ? 2 : 0
    }
}
