import Bytes
import RESP

extension Session {
    // MARK: Messages

    /// Whether the client waits for messages, and so may be silent for as long as it likes.
    public var isSubscribed: Bool { subscriptions != nil }

    /// Bytes of messages that wait for a place between two replies.
    public var pushBytes: Int { pushes.byteCount }

    /// Takes a message that was published, to be sent before the reply to any request that is not yet begun.
    ///
    /// - Returns: Whether the client subscribes to it; ``isRunnable`` then says whether it can be sent now.
    public func take(channel: [UInt8], message: [UInt8]) -> Bool {
        followAccess()
        guard let subscriptions, !isEnding, !isRevoked else { return false }
        let matches = subscriptions.pushes(channel: channel, message: message)
        for push in matches { self.push(push) }
        return !matches.isEmpty
    }

    /// Has something sent as soon as the session is between two replies.
    func push(_ push: Push) {
        pushes.append(push)
        if case .nothing = need { isRunnable = true }
    }

    /// Whether messages wait, and could be sent now.
    public var canBeTold: Bool { !pushes.isEmpty && sliced == nil && replay == nil }

    /// Adds the messages that wait to `plan`, and understands nothing; call it only while ``need`` is nothing.
    ///
    /// - Returns: The session's steps in `plan`, to be given to ``answer(_:steps:into:)``.
    public func collectPushes(into plan: ReplyPlan) -> Range<Int> {
        firstStep = plan.stepCount
        if canBeTold { flushPushes(plan) }
        isRunnable = hasWork
        return firstStep..<plan.stepCount
    }

    /// Adds what waits to the plan; to be called between two replies only.
    func flushPushes(_ plan: ReplyPlan) {
        var waiting = PendingPushes()
        swap(&waiting, &pushes)
        replyAlways(plan) { output in
            for push in waiting.pushes { push.write(for: self, to: &output) }
        }
    }

    /// Adds what is sent also to a client that wants no replies.
    private func replyAlways(_ plan: ReplyPlan, _ body: (inout ReplyWriter) -> Void) {
        let isMuted = muting == .all || muting == .latest
        if isMuted { plan.steps.append(ReplyPlan.Step(kind: .unmute, count: 0, index: 0)) }
        reply(plan, body)
        if isMuted { plan.steps.append(ReplyPlan.Step(kind: .mute, count: 0, index: 0)) }
    }

    // MARK: Commands

    /// Whether RESP2 forbids a command on a connection that messages come on.
    func isForbiddenWhileSubscribed(_ command: CommandRow) -> Bool {
        guard protocolVersion == .resp2, !isReplaying else { return false }
        switch command.action {
        case .subscribe, .unsubscribe, .psubscribe, .punsubscribe, .ssubscribe, .sunsubscribe, .ping, .quit, .reset:
            return false
        default: return true
        }
    }

    /// `PING` in RESP2, on a connection that messages come on.
    func pongAsMessage(_ request: borrowing Request, _ plan: ReplyPlan) {
        reply(plan) {
            $0.array(count: 2)
            $0.bulk("pong" as StaticString)
            if request.count == 2 { $0.bulk(request[1]) } else { $0.bulk(Span()) }
        }
    }

    func subscribe(_ kind: SubscriptionKind, _ request: borrowing Request, _ plan: ReplyPlan) {
        let subscriptions = self.subscriptions ?? Subscriptions(context.server.subscriptions, context.metrics)
        for index in 1..<request.count {
            let name = [UInt8](copying: request[index])
            if subscriptions.add(name, kind) {
                confirm(kind, isNew: true, name, subscriptions, plan)
            } else {
                replyError(plan, ErrorReply.tooManySubscriptions)
            }
        }
        self.subscriptions = subscriptions.isEmpty ? nil : subscriptions
        updateOrdinary()
    }

    /// `SSUBSCRIBE`, which Redis refuses in a transaction, unlike the others, and only once it is performed.
    func subscribeToShard(_ request: borrowing Request, _ plan: ReplyPlan) {
        if isReplaying { return replyError(plan, ErrorReply.shardSubscriptionInTransaction) }
        subscribe(.shardChannel, request, plan)
    }

    /// Ends the subscriptions given, or all of a kind.
    func unsubscribe(_ kind: SubscriptionKind, _ request: borrowing Request, _ plan: ReplyPlan) {
        let subscriptions = self.subscriptions ?? Subscriptions(context.server.subscriptions, context.metrics)
        let names =
            request.count > 1
            ? (1..<request.count).map { [UInt8](copying: request[$0]) } : subscriptions.all(kind)
        for name in names {
            subscriptions.remove(name, kind)
            confirm(kind, isNew: false, name, subscriptions, plan)
        }
        if names.isEmpty { confirm(kind, isNew: false, nil, subscriptions, plan) }
        self.subscriptions = subscriptions.isEmpty ? nil : subscriptions
        updateOrdinary()
    }

    private func confirm(
        _ kind: SubscriptionKind, isNew: Bool, _ name: [UInt8]?, _ subscriptions: Subscriptions, _ plan: ReplyPlan
    ) {
        let word: StaticString =
            switch (kind, isNew) {
            case (.channel, true): "subscribe"
            case (.channel, false): "unsubscribe"
            case (.pattern, true): "psubscribe"
            case (.pattern, false): "punsubscribe"
            case (.shardChannel, true): "ssubscribe"
            case (.shardChannel, false): "sunsubscribe"
            }
        let count =
            kind == .shardChannel
            ? subscriptions.count(.shardChannel) : subscriptions.count(.channel) + subscriptions.count(.pattern)
        reply(plan) {
            $0.push(count: 3)
            $0.bulk(word)
            if let name { $0.bulk(name.span) } else { $0.null() }
            $0.integer(count)
        }
    }

    /// `PUBSUB`: a walk over every subscription there is, so a reader does it.
    func performPubSub(_ command: CommandRow, _ request: borrowing Request) throws(CommandError) {
        let registry = context.server.subscriptions
        let arguments = (2..<request.count).map { [UInt8](copying: request[$0]) }
        let kind: SubscriptionKind =
            switch command.action {
            case .pubsubShardChannels, .pubsubShardNumsub: .shardChannel
            case .pubsubNumpat: .pattern
            default: .channel
            }
        switch command.action {
        case .pubsubChannels, .pubsubShardChannels:
            guard arguments.count <= 1 else { throw CommandError(ErrorReply.subcommandArguments(request)) }
            let pattern = arguments.first.map { GlobPattern($0.span) }
            schedule(
                SingleSliceJob(version: protocolVersion) { reply in
                    let names = registry.names(kind).filter { pattern?.matches($0.span) ?? true }
                    reply.array(count: names.count)
                    for name in names { reply.bulk(name.span) }
                })
        case .pubsubNumpat:
            schedule(SingleSliceJob(version: protocolVersion) { $0.integer(registry.nameCount(kind)) })
        default:
            schedule(
                SingleSliceJob(version: protocolVersion) { reply in
                    reply.array(count: arguments.count * 2)
                    for name in arguments {
                        reply.bulk(name.span)
                        reply.integer(registry.count(of: name, kind))
                    }
                })
        }
    }
}
