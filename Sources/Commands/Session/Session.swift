import Bytes
import Datasets
public import RESP
import ServerMetrics
import Storage

/// One client's conversation, as a pure machine from bytes to bytes: it never sees a socket.
///
/// A turn of a loop goes through a session in two passes. ``collect(_:into:)`` understands requests and
/// writes them down in a plan; once the keys of the plan have been looked up, ``answer(_:steps:into:)``
/// turns the session's steps into bytes. Where the disk or the client must be waited for, the session
/// keeps the rest of its steps and says in ``need`` what it waits for. Belongs to one loop.
public final class Session {
    /// What the session waits for.
    public enum Need {
        /// Nothing: bytes from the client, if ``isRunnable`` is false.
        case nothing
        /// That the client reads: call ``resume(into:)`` once the output has drained, for what is left to answer.
        case drain(ReplyPlan)
        /// A job: run it, then call ``complete(_:into:)`` with it.
        case job(any SessionJob)
    }

    public let id: Int
    let context: SessionContext
    public internal(set) var need = Need.nothing {
        didSet { if case .nothing = need { isWaiting = false } else { isWaiting = true } }
    }
    /// Whether ``need`` is anything.
    private(set) var isWaiting = false
    /// Whether requests that are already here can be understood without more bytes.
    public internal(set) var isRunnable = false
    /// Whether the connection closes once the output has been sent; nothing more is understood.
    public internal(set) var isEnding = false
    /// Whether the requests last understood are those of the bytes that came last, from their first one on.
    private(set) var requestsBeganInInput = false
    /// Bytes received and not yet understood.
    var backlog = ByteBuffer()
    /// Whether the session waits for bytes from its client and for nothing else, and holds none.
    public var isAtRest: Bool {
        !(isWaiting || isRunnable || isEnding) && isModeless && backlog.isEmpty && replay == nil && tracking == nil
            && pushes.isEmpty
    }
    /// Bytes that the session holds: of requests that have not been answered, and ``trackingBytes``.
    public var bufferedBytes: Int { requestBytes + trackingBytes }
    /// Bytes of requests that have not been answered.
    var requestBytes: Int { backlog.count + (transaction?.requests.count ?? 0) + (replay?.bytes.count ?? 0) }
    /// Bytes of what the client wants to be told of.
    var trackingBytes: Int { tracking?.prefixes.byteCount ?? 0 }

    var database = 0
    var name = ""
    var libraryName = ""
    var libraryVersion = ""
    /// The last command's row, for `CLIENT LIST`; looked up by name only when somebody asks.
    var lastCommand: CommandRow?
    var protocolVersion = ProtocolVersion.resp2
    /// The form of the replies that are yet to be made; lags behind ``protocolVersion`` within a turn.
    var replyVersion = ProtocolVersion.resp2

    private var parser: RequestParser
    /// What requests may be like; for those from now on.
    public var limits: RequestParser.Limits { didSet { areLimitsStale = true } }
    /// Whether ``limits``, or to whom they apply, have changed since the last request.
    var areLimitsStale = false
    /// Who the client is, as of ``accessEpoch``.
    var user: AccessUser
    /// Whether the client has shown a password, or needed none when it came.
    var isAuthenticated: Bool
    /// The number of the change of users that ``user`` is of.
    var accessEpoch: Int
    /// Whether the client has to show a password before anything else.
    public internal(set) var isLockedOut = false {
        didSet { context.lockedOutCount += (isLockedOut ? 1 : 0) - (oldValue ? 1 : 0) }
    }
    /// Whether the client's user is gone, or may not listen to what the client listens to: the connection is to end.
    public internal(set) var isRevoked = false
    /// As the client asked for by `CLIENT NO-EVICT` and `CLIENT NO-TOUCH`.
    public internal(set) var isNoEvict = false
    var isNoTouch = false
    /// Commands and keys that this turn may still take.
    var budget = 0
    /// A request over more keys than one turn may take: its next argument.
    var sliced: SlicedRequest?
    var transaction: Transaction?
    /// The requests of a transaction being executed.
    var replay: Replay?
    /// Whether the request at hand is one of ``replay``'s.
    private(set) var isReplaying = false
    /// What the client wants of versions; `nil` for nothing beyond the usual, as most do.
    var versionWishes: VersionWishes?
    /// The versions that a request spread over several turns began with.
    var pinnedVersions: [DatasetVersion]?
    /// Work done on computed replies this turn, as ``Computation/weigh`` tells it.
    var computedBytes = 0
    /// What an EXISTS spread over several steps has found so far.
    var partialCount = PartialCount()
    /// A job that must wait until all steps before it are answered.
    var nextJob: (any SessionJob)?
    /// Those who will wait for ``nextJob``.
    var scheduled: WaitingCommands?
    /// Those who wait for the job at hand.
    var waiting: WaitingCommands?
    /// The database whose view was last asked for in this turn, or -1, and the view's place in the plan.
    var viewDatabase = -1
    private var viewPlace: UInt16 = 0
    /// What the client subscribes to; `nil` for nothing, as most do.
    var subscriptions: Subscriptions?
    /// What waits for a place between two replies.
    var pushes = PendingPushes()
    /// That the client is a monitor; `nil` where it is not, as most are not.
    var monitoring: Monitoring?
    /// How the client wants to be told of another version; `nil` where it does not.
    var tracking: Tracking?
    /// Which replies the client does not want, as of the requests understood so far.
    var muting = Muting.none
    /// Whether there is no transaction, subscription and so on.
    var isModeless = true
    /// Whether a request needs no more than to be performed: ``isModeless``, and the client may do everything.
    var isOrdinary = true
    /// Whether a `GET` needs no more than to be performed: ``isModeless``, and the client may get every key, or
    /// ``gettableKeys``.
    var takesPlainGets = true
    /// Whether the user may `GET` whatever key of the selected database.
    var mayGetEveryKey = true
    /// Where not, which keys are known to be allowed without a look at the rules; `nil` for none.
    var gettableKeys: KeyPrefixes?
    /// Whether replies that are made now are not sent; lags behind ``muting`` within a turn.
    var isMuted = false
    /// Where in the output what is not sent begins, while ``isMuted``.
    var mutedFrom = 0
    /// Where this session's steps of the turn begin.
    var firstStep = 0

    struct SlicedRequest {
        var nextArgument: Int
        var byteCount: Int
    }

    struct PartialCount {
        var hits = 0
        /// Whether a key could not be read.
        var isDamaged = false
    }

    final class Replay {
        var bytes: ByteBuffer
        var parser: RequestParser
        /// The `EXEC`, as its client spelt it, where it is to be shown to monitors.
        var monitoredName: [UInt8]?

        /// The requests were held to the limits of their day when they came; these are the widest there are.
        init(bytes: consuming ByteBuffer) {
            self.bytes = bytes
            parser = RequestParser(limits: RequestParser.Limits())
        }
    }

    public init(id: Int, context: SessionContext, limits: RequestParser.Limits) {
        self.id = id
        self.context = context
        self.limits = limits
        parser = RequestParser(limits: limits)
        context.refreshAccess()
        user = context.access.defaultUser
        isAuthenticated = user.isOpen
        accessEpoch = context.access.epoch
        if !user.isOpen || !user.isUnrestricted { updateAccess() }
    }

    deinit { if isLockedOut { context.lockedOutCount -= 1 } }

    // MARK: Bytes in

    /// Keeps bytes for later, while the session or its client's output waits for something.
    public func keep(_ bytes: Span<UInt8>) {
        backlog.append(bytes)
        if case .nothing = need { isRunnable = true }
    }

    /// Understands requests in the backlog and in `bytes` behind it, and adds them to `plan`.
    ///
    /// What is not understood now is kept in the backlog. Call it only while ``need`` is nothing.
    ///
    /// - Returns: The session's steps in `plan`, to be given to ``answer(_:steps:into:)``.
    public func collect(_ bytes: Span<UInt8>, into plan: ReplyPlan) -> Range<Int> {
        firstStep = plan.stepCount
        budget = Self.turnBudget
        isRunnable = false
        followAccess()
        if isEnding { return firstStep..<firstStep }
        if !pushes.isEmpty, sliced == nil, replay == nil { flushPushes(plan) }
        requestsBeganInInput = backlog.isEmpty && !bytes.isEmpty
        if backlog.isEmpty {
            var used = 0
            // What most clients send, and nothing else.
            if replay == nil, nextJob == nil, mayTakePlainGets(parser) { used = takePlainGets(bytes, from: 0, plan) }
            // A transaction goes on without bytes.
            if used == 0 || used < bytes.count { used = consume(bytes, from: used, &parser, plan) }
            if used < bytes.count, !isEnding { backlog.append(bytes.extracting(used...)) }
        } else {
            backlog.append(bytes)
            var waiting = ByteBuffer()
            swap(&waiting, &backlog)
            let used = consume(waiting.span, from: 0, &parser, plan)
            waiting.removeFirst(used)
            if waiting.isEmpty || isEnding { waiting.release() }
            swap(&waiting, &backlog)
        }
        viewDatabase = -1
        if isWaiting { isRunnable = false }
        return firstStep..<plan.stepCount
    }

    /// Understands requests from `offset` on until the budget, the bytes or the session's readiness ends.
    ///
    /// - Returns: How many bytes were understood for good, those before `offset` among them.
    private func consume(
        _ bytes: Span<UInt8>, from offset: Int, _ parser: inout RequestParser, _ plan: ReplyPlan
    ) -> Int {
        var used = offset
        while nextJob == nil, !isEnding {
            guard budget > 0 else {
                isRunnable = true
                break
            }
            if let replay {
                runReplay(replay, plan)
                continue
            }
            guard used < bytes.count else { break }
            if mayTakePlainGets(parser) {
                let end = takePlainGets(bytes, from: used, plan)
                if end > used {
                    used = end
                    continue
                }
            }
            let rest = bytes.extracting(used...)
            if sliced == nil {
                if areLimitsStale {
                    areLimitsStale = false
                    parser.limits = currentLimits
                }
                do throws(ProtocolError) {
                    guard case .request(let byteCount) = try parser.parse(rest) else { break }
                    used += byteCount
                    run(parser.request(in: rest), plan)
                    // A request that goes on next turn stays where it is until then.
                    if sliced != nil {
                        used -= byteCount
                        sliced?.byteCount = byteCount
                    }
                } catch {
                    let text = strangerError(error, at: rest).map { Array($0.utf8) } ?? error.text
                    context.metrics.protocolErrors.add()
                    refuse(plan) { $0.error(text.span) }
                    isEnding = true
                }
            } else {
                let byteCount = sliced?.byteCount ?? 0
                run(parser.request(in: rest), plan)
                guard sliced == nil else { continue }
                used += byteCount
                if !isReplaying { endRequest(plan) }
            }
        }
        return used
    }

    /// Runs the requests of a transaction, as if they came from the client now.
    private func runReplay(_ replay: Replay, _ plan: ReplyPlan) {
        self.replay = nil  // So that the requests run rather than wait for the replay's end.
        isReplaying = true
        defer { isReplaying = false }
        var parser = RequestParser(limits: limits)
        var bytes = ByteBuffer()
        swap(&parser, &replay.parser)
        swap(&bytes, &replay.bytes)
        let used = consume(bytes.span, from: 0, &parser, plan)
        bytes.removeFirst(used)
        swap(&parser, &replay.parser)
        swap(&bytes, &replay.bytes)
        if !replay.bytes.isEmpty, !isEnding {
            self.replay = replay
        } else {
            if let name = replay.monitoredName { showToMonitors(executed: name) }
            endRequest(plan)
        }
    }

    /// What a request or a transaction that may have taken several turns ends with.
    private func endRequest(_ plan: ReplyPlan) {
        unpinVersions()
        if !isOrdinary { forgetCaching() }
        // The last reply of a transaction may be one that a job has yet to make.
        if !pushes.isEmpty, nextJob == nil { flushPushes(plan) }
    }

    /// Executes the queued requests of a transaction, from one version, before anything that follows.
    func startReplay(of requests: consuming ByteBuffer) {
        pinnedVersions = currentVersions
        replay = Replay(bytes: requests)
    }

    /// Keeps the versions that the request at hand began with until it ends.
    func pinVersions() {
        if pinnedVersions == nil { pinnedVersions = currentVersions }
    }

    /// Lets what follows be answered from the current versions.
    private func unpinVersions() {
        pinnedVersions = nil
        viewDatabase = -1
    }

    // MARK: Steps

    /// The keys to look up in the selected database, and their place in the plan.
    @inline(__always)
    func view(in plan: ReplyPlan) -> (view: VersionView, place: UInt16) {
        if viewDatabase != database {
            viewPlace = UInt16(plan.viewIndex(of: version))
            viewDatabase = database
        }
        return (plan.views[Int(viewPlace)], viewPlace)
    }

    /// The version of the selected database that the request at hand is answered from.
    var version: DatasetVersion { version(in: database) }

    /// Adds a reply that needs no look-up.
    @inline(__always)
    func reply(_ plan: ReplyPlan, _ body: (inout ReplyWriter) -> Void) {
        let start = plan.literals.output.count
        plan.literals.version = protocolVersion
        body(&plan.literals)
        let count = plan.literals.output.count - start
        // Long replies use the turn up, lest a pipeline of short requests for them fill the memory.
        budget -= count >> Self.literalBytesShift
        // Literals in a row are one step, which is what makes a pipeline of PINGs cheap.
        let last = plan.steps.count - 1
        if last >= firstStep, plan.steps[last].kind == .literal {
            plan.steps[last].count += UInt32(count)
        } else {
            plan.steps.append(ReplyPlan.Step(kind: .literal, count: UInt32(count), index: start))
        }
    }

    func replyError(_ plan: ReplyPlan, _ text: StaticString) {
        fail(plan) { $0.error(text) }
    }

    func replyError(_ plan: ReplyPlan, _ text: String) {
        fail(plan) { $0.error(text) }
    }

    /// Has the steps so far answered, then `job` run, then its reply sent, before anything that follows.
    func schedule(_ job: any SessionJob) {
        nextJob = job
    }

    /// Lets the replies that follow have another form.
    func changeProtocol(to version: ProtocolVersion, _ plan: ReplyPlan) {
        protocolVersion = version
        plan.steps.append(
            ReplyPlan.Step(kind: .protocolVersion, count: 0, index: 0, parameter: version == .resp3 ? 3 : 2))
    }

    /// Commands and keys that one session may take of a turn, so that nobody waits long for another.
    static let turnBudget = 256
    /// A reply that needs no look-up costs as much as a command for each 4 KiB, so that a turn makes about 1 MiB.
    private static let literalBytesShift = 12
}
