import Bytes
import Datasets
import RESP

/// Who the client is, and what it may do.
extension Session {
    /// Goes by the users as they are now; to be called before anything is done for the client.
    @inline(__always) public func followAccess() {
        if accessEpoch != context.server.access.epoch { adoptAccess() }
    }

    @inline(never)
    private func adoptAccess() {
        context.refreshAccess()
        accessEpoch = context.access.epoch
        if let found = context.access.users[user.name], found.identity == user.identity {
            user = found
            if !mayKeepSubscriptions || !mayKeepMonitoring { revoke() }
        } else {
            // Not for long, but nothing in between may be done as a user who is none.
            user = context.access.defaultUser
            isAuthenticated = false
            revoke()
        }
        updateAccess()
    }

    /// Has the connection end, once it has the reply that it waits for.
    private func revoke() {
        isRevoked = true
        if case .nothing = need { isEnding = true }
    }

    /// Whether everything that the client listens to is what its user may listen to.
    private var mayKeepSubscriptions: Bool {
        guard let subscriptions else { return true }
        let selectors = user.rules.selectors
        if selectors.contains(where: \.allowsAllChannels) { return true }
        // As in Redis, the channels of all selectors together count.
        let rules = selectors.flatMap(\.channels)
        return SubscriptionKind.allCases.allSatisfy { kind in
            subscriptions.all(kind).allSatisfy {
                AccessSelector.isCovered($0.span, isPattern: kind == .pattern, by: rules)
            }
        }
    }

    /// Whether the client, where it is shown what others ask for, might ask to be shown that now.
    ///
    /// Redis leaves monitors alone that could not become ones any more.
    private var mayKeepMonitoring: Bool {
        !isMonitor || user.mayRun(commandNamed: "monitor", of: context.server.table)
    }

    /// Makes the client the default user, as whom it began.
    func forgetUser() {
        user = context.access.defaultUser
        isAuthenticated = user.isOpen
        updateAccess()
    }

    /// Finds out anew what the client has to be held to.
    func updateAccess() {
        isLockedOut = !isAuthenticated && !context.access.defaultUser.isOpen
        areLimitsStale = true
        let get = context.getCommand
        mayGetEveryKey = user.isUnrestricted || user.mayGetEveryKey(of: database, get)
        gettableKeys = mayGetEveryKey ? nil : KeyPrefixes(user, database: database, get)
        updateOrdinary()
    }

    /// What the client's requests may be like.
    var currentLimits: RequestParser.Limits {
        guard isLockedOut else { return limits }
        var narrow = limits
        narrow.argumentCountMax = min(limits.argumentCountMax, Self.strangerArgumentCountMax)
        narrow.argumentBytesMax = min(limits.argumentBytesMax, Self.strangerArgumentBytesMax)
        narrow.inlineBytesMax = min(limits.inlineBytesMax, Self.strangerArgumentBytesMax)
        narrow.requestBytesMax = Self.strangerRequestBytesMax
        return narrow
    }

    /// The error reply to what is no request, where it would be one but for who sent it.
    func strangerError(_ error: ProtocolError, at bytes: Span<UInt8>) -> String? {
        guard isLockedOut, error == .invalidMultibulkLength || error == .invalidBulkLength else { return nil }
        var parser = RequestParser(limits: limits)
        // What is wrong for everybody is told as that.
        if (try? parser.parse(bytes)) == nil { return nil }
        let what = error == .invalidMultibulkLength ? "multibulk" : "bulk"
        return "ERR Protocol error: unauthenticated \(what) length"
    }

    /// As in Redis: who has not said who it is sends no more arguments, and no longer ones.
    private static let strangerArgumentCountMax = 10
    private static let strangerArgumentBytesMax = 16 << 10
    /// Bytes of replies that may wait for such a client to read them, as in Redis.
    public static let strangerReplyBytesMax = 1 << 10
    /// Bytes of one request of such a client: room for the longest argument beside a command and a name.
    ///
    /// `AUTH` and `HELLO` need no more, where Redis keeps ten of the longest for whoever asks.
    private static let strangerRequestBytesMax = strangerArgumentBytesMax + (1 << 10)
    /// Bytes of requests that may wait to be answered for such a client: what is read at once, and a request.
    public static let strangerBacklogBytesMax = 96 << 10

    // MARK: Checks

    /// Refuses what the client may not ask for.
    ///
    /// - Returns: Whether that was done.
    @inline(never)
    func isDenied(_ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan) -> Bool {
        // The rest of a request that has begun.
        guard sliced == nil else { return false }
        if isLockedOut {
            guard !command.flags.contains(.noAuth), !isSwitchedOff(command) else { return false }
            deny(command, plan, because: "NOAUTH Authentication required.")
            return true
        }
        guard !user.isUnrestricted, !isSwitchedOff(command) else { return false }
        if transaction != nil, command.flags.contains(.noMulti) { return false }
        let place = AccessCheck.Place(database: database, databases: context.server.catalog.names)
        guard let denial = context.server.access.check.denial(of: user, command, request, in: place) else {
            return false
        }
        let isCommand = denial.reason == .command || denial.reason == .database
        note(
            denial.reason,
            about: isCommand
                ? Array(context.server.table.command(of: command).fullName.utf8)
                : [UInt8](copying: request[denial.argument]),
            user: user.name)
        if isReplaying {
            replyError(plan, denial.errorTextInTransaction)
        } else {
            deny(command, plan, because: denial.errorText(of: context.server.table.command(of: command)))
        }
        return true
    }

    /// Whether no key is kept from the client by what allows it to run a request.
    func mayReadAllKeys(by command: CommandRow, _ request: borrowing Request) -> Bool {
        let place = AccessCheck.Place(database: database, databases: context.server.catalog.names)
        return context.server.access.check.mayReadAllKeys(user, by: command, request, in: place)
    }

    /// Whether Redis refuses a command before it asks who sent it.
    private func isSwitchedOff(_ command: CommandRow) -> Bool {
        command.action == .refusedAtOnce || command.action == .debug && !isDebugAllowed
    }

    private func deny(_ command: CommandRow, _ plan: ReplyPlan, because text: String) {
        if command.action == .exec { return abortTransaction(plan, because: text) }
        refuse(plan, command) { $0.error(text) }
    }

    /// Puts a refusal on record.
    private func note(_ reason: AccessDenial.Reason, about object: [UInt8], user: [UInt8]) {
        // Who looks a password up has counted it.
        if reason != .login { context.server.access.count(reason) }
        context.server.access.log.add(
            AccessLog.Entry(
                reason, isInTransaction: transaction != nil || isReplaying, object: object, username: user,
                time: context.now, client: context.describeClient(self)))
    }

    // MARK: Passwords

    /// Makes the client a user, if that is the user's password.
    private func authenticate(_ name: [UInt8], _ password: Span<UInt8>, by command: Span<UInt8>) -> Bool {
        guard let found = context.server.access.user(named: name, password: password) else {
            note(.login, about: [UInt8](copying: command), user: name)
            context.onRefusedLogin(self, name)
            return false
        }
        user = found
        isAuthenticated = true
        updateAccess()
        followAccess()
        return true
    }

    /// `AUTH [username] password`.
    func auth(_ request: borrowing Request, _ plan: ReplyPlan) {
        guard request.count <= 3 else { return replyError(plan, ErrorReply.syntax) }
        if request.count == 2, context.access.defaultUser.rules.hasNoPassword {
            return replyError(plan, ErrorReply.noPasswordSet)
        }
        let name = request.count == 2 ? AccessRegistry.defaultName : [UInt8](copying: request[1])
        guard authenticate(name, request[request.count - 1], by: request[0]) else {
            return replyError(plan, ErrorReply.wrongPassword)
        }
        ok(plan)
    }

    /// `HELLO [protocol [AUTH username password] [SETNAME name]]`.
    func hello(_ request: borrowing Request, _ plan: ReplyPlan) {
        var wanted = protocolVersion
        var newName: String?
        if request.count > 1 {
            guard let number = Int(decimal: request[1]) else {
                return replyError(plan, ErrorReply.invalidProtocolVersion)
            }
            switch number {
            case 2: wanted = .resp2
            case 3: wanted = .resp3
            default: return replyError(plan, ErrorReply.unsupportedProtocol)
            }
        }
        var index = 2
        while index < request.count {
            let left = request.count - index - 1
            if request[index].equalsIgnoringCase("AUTH"), left >= 2 {
                guard authenticate([UInt8](copying: request[index + 1]), request[index + 2], by: request[0]) else {
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
        guard !isLockedOut else { return replyError(plan, ErrorReply.helloWithoutPassword) }
        if let newName { name = newName }
        if wanted != protocolVersion { changeProtocol(to: wanted, plan) }
        let (id, version, dataset) = (id, version.id, context.server.catalog.names[database])
        reply(plan) { ServerFacts.writeHello(clientID: id, dataset: dataset, version: version, to: &$0) }
    }

    // MARK: Commands about users

    /// `ACL` and its sub-commands.
    ///
    /// - Returns: False for the commands of others, with nothing done.
    func performAccess(
        _ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan
    ) throws(CommandError) -> Bool {
        // Nothing may be added to the plan for the commands of others.
        guard CommandTable.accessActions.contains(command.action) else { return false }
        if command.action == .aclCategories { try Self.checkNames(request) }
        let answers = AccessAnswers(
            registry: context.server.access, username: user.name, now: context.now,
            place: AccessCheck.Place(database: database, databases: context.server.catalog.names, offset: 3))
        switch command.action {
        case .aclLoad, .aclSave, .aclList:
            // Files, and thousands of users, are for those who may take their time.
            schedule(
                RequestJob(request, version: protocolVersion) { request, output throws(CommandError) in
                    _ = try answers.write(command, request, to: &output)
                })
        default:
            try answer(request, plan) { request, output throws(CommandError) in
                let isKnown = try answers.write(command, request, to: &output)
                precondition(isKnown, "no session answers an action of ACL")
            }
            // What follows in this pipeline is done by the new rules, or not at all.
            followAccess()
        }
        return true
    }
}

extension ErrorReply {
    static let helloWithoutPassword: StaticString = """
        NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> \
        option can be used to authenticate the client and select the RESP protocol version at the same time
        """
}
