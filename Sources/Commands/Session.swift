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
        /// That the client reads: call ``resume(into:)`` once the output has drained.
        case drain
        /// A job: run it, then call ``complete(_:into:)`` with it.
        case job(any SessionJob)
    }

    public let id: Int
    let context: SessionContext
    public internal(set) var need = Need.nothing
    /// Whether requests that are already here can be understood without more bytes.
    public internal(set) var isRunnable = false
    /// Whether the connection closes once the output has been sent; nothing more is understood.
    public internal(set) var isEnding = false
    /// Bytes received and not yet understood.
    private var backlog = ByteBuffer()
    /// Bytes that the session holds for requests that have not been answered.
    public var bufferedBytes: Int { backlog.count + (transaction?.requests.count ?? 0) + (replay?.bytes.count ?? 0) }

    var database = 0
    var name = ""
    var libraryName = ""
    var libraryVersion = ""
    /// The last command's row, for `CLIENT LIST`; looked up by name only when somebody asks.
    var lastCommand: CommandRow?
    var protocolVersion = ProtocolVersion.resp2
    /// The form of the replies that are yet to be made; lags behind ``protocolVersion`` within a turn.
    private var replyVersion = ProtocolVersion.resp2

    private var parser: RequestParser
    private let limits: RequestParser.Limits
    /// Commands and keys that this turn may still take.
    var budget = 0
    /// A request over more keys than one turn may take: its next argument.
    var sliced: SlicedRequest?
    var transaction: Transaction?
    /// The requests of a transaction being executed.
    private var replay: Replay?
    /// Whether the request at hand is one of ``replay``'s.
    private var isReplaying = false
    /// The versions that a request spread over several turns began with.
    private var pinnedVersions: [DatasetVersion]?
    /// Hits so far of an EXISTS spread over several steps.
    private var hits = 0
    /// Whether a key of such an EXISTS could not be read.
    private var isCountDamaged = false
    /// What is left to answer once ``need`` has been met.
    private var held: ReplyPlan?
    /// A job that must wait until all steps before it are answered.
    private var nextJob: (any SessionJob)?
    private var currentView: (database: Int, view: VersionView, place: UInt16)?
    /// Where this session's steps of the turn begin.
    private var firstStep = 0

    struct SlicedRequest {
        var nextArgument: Int
        var byteCount: Int
    }

    private final class Replay {
        var bytes: ByteBuffer
        var parser: RequestParser

        init(bytes: consuming ByteBuffer, limits: RequestParser.Limits) {
            self.bytes = bytes
            parser = RequestParser(limits: limits)
        }
    }

    public init(id: Int, context: SessionContext, limits: RequestParser.Limits) {
        self.id = id
        self.context = context
        self.limits = limits
        parser = RequestParser(limits: limits)
    }

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
        var parser = RequestParser(limits: limits)
        swap(&parser, &self.parser)
        if backlog.isEmpty {
            let used = consume(bytes, &parser, plan)
            if used < bytes.count, !isEnding { backlog.append(bytes.extracting(used...)) }
        } else {
            backlog.append(bytes)
            var waiting = ByteBuffer()
            swap(&waiting, &backlog)
            let used = consume(waiting.span, &parser, plan)
            waiting.removeFirst(used)
            if waiting.isEmpty || isEnding { waiting.release() }
            swap(&waiting, &backlog)
        }
        swap(&parser, &self.parser)
        currentView = nil  // An idle session must not hold a version that has been replaced.
        if case .nothing = need {} else { isRunnable = false }
        return firstStep..<plan.stepCount
    }

    /// Understands requests until the budget, the bytes or the session's readiness ends.
    ///
    /// - Returns: How many bytes were understood for good.
    private func consume(_ bytes: Span<UInt8>, _ parser: inout RequestParser, _ plan: ReplyPlan) -> Int {
        var used = 0
        while nextJob == nil, !isEnding {
            guard budget > 0 else {
                isRunnable = true
                break
            }
            if let replay {
                runReplay(replay, plan)
                continue
            }
            let rest = bytes.extracting(used...)
            if sliced == nil {
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
                    reply(plan) { $0.error(error.text.span) }
                    context.metrics.errorReplies.add()
                    isEnding = true
                }
            } else {
                let byteCount = sliced?.byteCount ?? 0
                run(parser.request(in: rest), plan)
                guard sliced == nil else { continue }
                used += byteCount
                if !isReplaying { unpinVersions() }
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
        let used = consume(bytes.span, &parser, plan)
        bytes.removeFirst(used)
        swap(&parser, &replay.parser)
        swap(&bytes, &replay.bytes)
        if !replay.bytes.isEmpty, !isEnding {
            self.replay = replay
        } else {
            unpinVersions()
        }
    }

    /// Executes the queued requests of a transaction, from one version, before anything that follows.
    func startReplay(of requests: consuming ByteBuffer) {
        pinnedVersions = context.versions
        replay = Replay(bytes: requests, limits: limits)
    }

    /// Keeps the versions that the request at hand began with until it ends.
    func pinVersions() {
        if pinnedVersions == nil { pinnedVersions = context.versions }
    }

    /// Lets what follows be answered from the current versions.
    private func unpinVersions() {
        pinnedVersions = nil
        currentView = nil
    }

    // MARK: Steps

    /// The keys to look up in the selected database, and their place in the plan.
    @inline(__always)
    func view(in plan: ReplyPlan) -> (view: VersionView, place: UInt16) {
        if let currentView, currentView.database == database { return (currentView.view, currentView.place) }
        let place = plan.viewIndex(of: version)
        let view = plan.views[place]
        currentView = (database, view, UInt16(place))
        return (view, UInt16(place))
    }

    /// The version of the selected database that the request at hand is answered from.
    var version: DatasetVersion { (pinnedVersions ?? context.versions)[database] }

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
        if let last = plan.steps.indices.last, last >= firstStep, plan.steps[last].kind == .literal {
            plan.steps[last].count += UInt32(count)
        } else {
            plan.steps.append(ReplyPlan.Step(kind: .literal, count: UInt32(count), index: start))
        }
    }

    func replyError(_ plan: ReplyPlan, _ text: StaticString) {
        context.metrics.errorReplies.add()
        reply(plan) { $0.error(text) }
    }

    func replyError(_ plan: ReplyPlan, _ text: String) {
        context.metrics.errorReplies.add()
        reply(plan) { $0.error(text) }
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

// MARK: - Bytes out

extension Session {
    /// Turns the session's steps, whose keys have been looked up, into replies at the end of `output`.
    ///
    /// Stops where a key would have to come from the disk, and where `output` holds more than
    /// ``outputBytesSoftMax``; ``need`` then says how to go on.
    public func answer(_ plan: ReplyPlan, steps: Range<Int>, into output: inout ReplyWriter) {
        output.version = replyVersion
        for index in steps {
            let step = plan.steps[index]
            switch answer(step, of: plan, into: &output) {
            case .complete:
                guard output.output.count > Self.outputBytesSoftMax, index + 1 < steps.upperBound else { continue }
                return hold(index + 1..<steps.upperBound, of: plan, need: .drain)
            case .wouldBlock:
                return hold(index..<steps.upperBound, of: plan, need: nil)
            case .partly(let answered):
                // The rest goes on behind what has been sent or counted.
                var rest = step
                if step.kind == .values || step.kind == .firstValues { rest.kind = .moreValues }
                rest.index += answered
                rest.count -= UInt32(answered)
                plan.steps[index] = rest
                let isFull = output.output.count > Self.outputBytesSoftMax
                return hold(index..<steps.upperBound, of: plan, need: isFull ? .drain : nil)
            case .broken:
                isEnding = true
                nextJob = nil
                return
            }
        }
        held = nil
        if let nextJob {
            self.nextJob = nil
            need = .job(nextJob)
        } else {
            need = .nothing
        }
    }

    /// Takes the steps that could not be answered along; without a `need`, for a reader to look up.
    private func hold(_ steps: Range<Int>, of plan: ReplyPlan, need: Need?) {
        isRunnable = hasWork
        let rest = ReplyPlan()
        rest.append(steps, of: plan)
        if let need {
            held = rest
            self.need = need
        } else {
            context.metrics.coldLookups.add(rest.lookupCount)
            self.need = .job(ColdLookupJob(rest))
        }
    }

    /// Puts the steps that waited for the client to read back into `plan`, to be looked up and answered.
    public func resume(into plan: ReplyPlan) -> Range<Int> {
        let first = plan.stepCount
        if let held {
            plan.append(0..<held.stepCount, of: held)
            self.held = nil
        }
        need = .nothing
        isRunnable = hasWork  // Requests may have been kept since the steps were held back.
        firstStep = plan.stepCount  // Later literals must not be joined to steps that went before.
        return first..<plan.stepCount
    }

    /// Goes on after a job: appends its reply, or what could now be looked up.
    public func complete(_ job: any SessionJob, into output: inout ReplyWriter) {
        need = .nothing
        output.version = replyVersion
        if let job = job as? ColdLookupJob {
            guard let plan = job.takePlan() else { return }
            answer(plan, steps: 0..<plan.stepCount, into: &output)
        } else if let job = job as? any ReplyJob {
            job.appendReply(to: &output)
            if let damage = job.damage {
                context.metrics.damagedLookups.add()
                context.metrics.errorReplies.add()
                context.report(damage.failure, of: damage.version)
            }
        }
        if case .nothing = need { isRunnable = hasWork }
    }

    private var hasWork: Bool { !backlog.isEmpty || replay != nil }

    private enum StepOutcome {
        case complete
        case wouldBlock
        /// So many values of an array were sent.
        case partly(Int)
        /// A reply has begun that cannot be ended rightly: only closing tells the client.
        case broken
    }

    @inline(__always)
    private func answer(
        _ step: ReplyPlan.Step, of plan: ReplyPlan, into output: inout ReplyWriter
    ) -> StepOutcome {
        switch step.kind {
        case .literal:
            output.output.append(plan.literals.output, in: step.index..<step.index + Int(step.count))
            return .complete
        case .protocolVersion:
            replyVersion = step.parameter == 3 ? .resp3 : .resp2
            output.version = replyVersion
            return .complete
        case .value:
            let view = plan.views[Int(step.view)]
            switch view.lookups.outcome(at: step.index) {
            case .hit:
                output.bulk(view.lookups[valueAt: step.index])
                context.metrics.keyspaceHits.add()
            case .miss:
                output.null()
                context.metrics.keyspaceMisses.add()
            case .damaged: answerDamaged(view, into: &output)
            case .pending, .wouldBlock: return .wouldBlock
            }
            return .complete
        case .values, .firstValues, .moreValues:
            return answerValues(step, of: plan, into: &output)
        default:
            return answerAboutKeys(step, of: plan, into: &output)
        }
    }

    /// The values of an MGET: one array, sent in as many pieces as its client and the disk need.
    private func answerValues(
        _ step: ReplyPlan.Step, of plan: ReplyPlan, into output: inout ReplyWriter
    ) -> StepOutcome {
        let view = plan.views[Int(step.view)]
        let range = step.index..<step.index + Int(step.count)
        var ready = 0
        var isDamaged = false
        for index in range {
            let outcome = view.lookups.outcome(at: index)
            if outcome == .pending || outcome == .wouldBlock { break }
            if outcome == .damaged { isDamaged = true }
            ready += 1
        }
        if isDamaged {
            answerDamaged(view, into: &output)
            if step.kind == .values { return .complete }
            // The array has a header already, or will go on next turn.
            return .broken
        }
        // What a loop found resident is not worth a reply of its own; what a reader fetched is sent.
        guard ready == range.count || (ready > 0 && plan.wasReadAnywhere) else { return .wouldBlock }
        switch step.kind {
        case .values: output.array(count: range.count)
        case .firstValues: output.array(count: step.parameter)
        default: break
        }
        var sent = 0
        while sent < ready {
            let index = range.lowerBound + sent
            if view.lookups.outcome(at: index) == .hit {
                output.bulk(view.lookups[valueAt: index])
                context.metrics.keyspaceHits.add()
            } else {
                output.null()
                context.metrics.keyspaceMisses.add()
            }
            sent += 1
            if output.output.count > Self.outputBytesSoftMax { break }
        }
        return sent == range.count ? .complete : .partly(sent)
    }

    /// Replies that tell of keys without sending whole values.
    private func answerAboutKeys(
        _ step: ReplyPlan.Step, of plan: ReplyPlan, into output: inout ReplyWriter
    ) -> StepOutcome {
        let view = plan.views[Int(step.view)]
        var found = 0
        var known = 0
        counting: for index in step.index..<step.index + Int(step.count) {
            switch view.lookups.outcome(at: index) {
            case .hit: found += 1
            case .miss: break
            case .damaged:
                reportDamage(view)
                isCountDamaged = true
                // Nothing of the reply has been sent, so it can still be an error, in its own time.
                if step.kind != .partialHits { endCount(of: 0, into: &output) }
                return .complete
            case .pending, .wouldBlock: break counting
            }
            known += 1
        }
        if known < step.count {
            guard known > 0, plan.wasReadAnywhere else { return .wouldBlock }
            hits += found
        }
        context.metrics.keyspaceHits.add(found)
        context.metrics.keyspaceMisses.add(known - found)
        if known < step.count { return .partly(known) }
        switch step.kind {
        case .partialHits:
            hits += found
        case .hits:
            endCount(of: found, into: &output)
        case .length:
            output.integer(found == 1 ? view.lookups[valueAt: step.index].count : 0)
        case .type:
            if found == 1 { output.simple("string" as StaticString) } else { output.simple("none" as StaticString) }
        case .timeToLive:
            output.integer(found == 1 ? -1 : -2)
        case .range where found == 1:
            let wanted = plan.ranges[step.parameter]
            view.lookups.withValue(at: step.index) { value in
                output.bulk(value.extracting(Self.byteRange(wanted.first, wanted.last, count: value.count)))
            }
        default:
            output.bulk(Span())
        }
        return .complete
    }

    /// The bytes of a value that `GETRANGE first last` asks for: both inclusive, negative from the end.
    static func byteRange(_ first: Int, _ last: Int, count: Int) -> Range<Int> {
        if first < 0, last < 0, first > last { return 0..<0 }
        let start = max(first < 0 ? first &+ count : first, 0)
        let end = min(max(last < 0 ? last &+ count : last, 0), count - 1)
        return start <= end && count > 0 ? start..<end + 1 : 0..<0
    }

    /// The reply about keys that have all been looked up, the last of which were `found`.
    private func endCount(of found: Int, into output: inout ReplyWriter) {
        if isCountDamaged {
            context.metrics.errorReplies.add()
            output.error(ErrorReply.damaged)
        } else {
            output.integer(hits + found)
        }
        (hits, isCountDamaged) = (0, false)
    }

    private func answerDamaged(_ view: VersionView, into output: inout ReplyWriter) {
        reportDamage(view)
        context.metrics.errorReplies.add()
        output.error(ErrorReply.damaged)
    }

    private func reportDamage(_ view: VersionView) {
        context.metrics.damagedLookups.add()
        context.report(view.lookups.failure, of: view.version)
    }

    /// Bytes of output that may wait for a client before the next reply is made.
    public static let outputBytesSoftMax = 1 << 20
}
