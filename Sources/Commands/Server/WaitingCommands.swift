import Bytes
import RESP
import ServerMetrics
import Storage

/// Commands of one session whose replies wait for a job, so that they get its time.
final class WaitingCommands {
    /// How many calls of each command, by its row.
    let calls: [(command: Int16, count: Int)]
    /// As the slow log keeps them; empty where nothing is logged.
    let arguments: [[UInt8]]
    let isColdRead: Bool
    /// When the job was handed over, in nanoseconds of the monotonic clock.
    var startedAt: UInt64 = 0

    init(calls: [(command: Int16, count: Int)], arguments: [[UInt8]], isColdRead: Bool) {
        self.calls = calls
        self.arguments = arguments
        self.isColdRead = isColdRead
    }
}

extension Session {
    /// Notes that the request at hand waits for the job that it has scheduled.
    @inline(never)
    func noteScheduled(_ command: CommandRow, _ request: borrowing Request) {
        let isLogged = context.server.slowLog.isOn && !command.flags.contains(.skipSlowlog)
        scheduled = WaitingCommands(
            calls: [(command.index, context.tally.withdraw(1, of: command.index))],
            arguments: isLogged ? SlowLog.cut(request) : [], isColdRead: false)
    }

    /// Notes that steps wait for the disk; what waits already goes on waiting.
    func noteCold(_ rest: ReplyPlan) {
        guard waiting == nil else { return }
        var calls: [(command: Int16, count: Int)] = []
        var arguments: [[UInt8]] = []
        for step in rest.steps {
            guard let command = rest.command(of: step, context.server.lookupCommands) else { continue }
            if arguments.isEmpty, context.server.slowLog.isOn {
                let name = context.server.table.commands[Int(command)].fullName
                let view = rest.views[Int(step.view)]
                arguments = [Array(name.utf8), SlowLog.cut(view.lookups[keyAt: step.index])]
            }
            if let place = calls.firstIndex(where: { $0.command == command }) {
                calls[place].count += 1
            } else {
                calls.append((command, 1))
            }
        }
        for place in calls.indices {
            calls[place].count = context.tally.withdraw(calls[place].count, of: calls[place].command)
        }
        waiting = WaitingCommands(calls: calls, arguments: arguments, isColdRead: true)
        waiting?.startedAt = context.now
    }

    /// Notes that the scheduled job is handed over, and that whatever was waited for before has come.
    func beginWaiting() {
        endWaiting()
        waiting = scheduled
        waiting?.startedAt = context.now
        scheduled = nil
    }

    /// Gives those who waited their time.
    func endWaiting() {
        guard let ended = waiting.take() else { return }
        let elapsed = context.now > ended.startedAt ? context.now - ended.startedAt : 0
        let total = ended.calls.reduce(0) { $0 + $1.count }
        for (command, count) in ended.calls where count > 0 {
            context.tally.counters(of: command).addTimes(count, each: elapsed / UInt64(total))
        }
        let server = context.server
        guard elapsed >= min(server.slowLog.thresholdNanoseconds, server.latency.thresholdNanoseconds) else { return }
        let now = context.unixSeconds()
        server.latency.note(ended.isColdRead ? .coldRead : .command, nanoseconds: elapsed, unixSeconds: now)
        guard elapsed >= server.slowLog.thresholdNanoseconds, !ended.arguments.isEmpty else { return }
        server.slowLog.add(
            SlowLog.Entry(
                unixSeconds: now, microseconds: Int(elapsed / 1_000), arguments: ended.arguments,
                address: context.addressOfClient(id), name: name))
    }

    // MARK: Errors

    /// Counts an error reply to a command that was carried out.
    ///
    /// - Parameters:
    ///   - reply: The error, from the byte behind its `-`.
    ///   - command: The command's row; without one, it is that of the request at hand.
    func noteFailure(_ reply: Span<UInt8>, of command: Int16? = nil) {
        context.metrics.errorReplies.add()
        context.metrics.errors.add(reply)
        guard let command = command ?? lastCommand?.index else { return }
        context.tally.counters(of: command).failedCalls.add()
    }

    /// Counts an error reply to a request that was not carried out.
    func noteRejection(_ reply: Span<UInt8>, of command: CommandRow?) {
        context.metrics.errorReplies.add()
        context.metrics.errors.add(reply)
        if let command { context.tally.counters(of: command.index).rejectedCalls.add() }
    }
}

extension SessionContext {
    /// Ends a batch, whose replies have been sent and whose plan is still whole: gives its commands their time.
    ///
    /// - Parameters:
    ///   - plan: What was answered.
    ///   - now: In nanoseconds of the clock that ``now`` is of.
    public func endBatch(_ plan: ReplyPlan, at now: UInt64) {
        let slowest = min(server.slowLog.thresholdNanoseconds, server.latency.thresholdNanoseconds)
        // The names are gone once the batch has been counted, and few batches are slow.
        let isSlow = now > self.now && now - self.now >= slowest
        let commands = isSlow ? tally.batchCommands : []
        let (elapsed, count) = tally.endBatch(turnStart: self.now, now: now)
        if isSlow, elapsed >= slowest, count > 0 { noteSlowTurn(plan, commands, count, nanoseconds: elapsed) }
    }

    /// Notes a batch that held up its loop: which of its commands was the slow one, nobody knows.
    private func noteSlowTurn(
        _ plan: ReplyPlan, _ commands: [(command: Int16, calls: Int)], _ count: Int, nanoseconds: UInt64
    ) {
        let now = unixSeconds()
        server.latency.note(.slowTurn, nanoseconds: nanoseconds, unixSeconds: now)
        guard nanoseconds >= server.slowLog.thresholdNanoseconds, let most = commands.first else { return }
        var arguments = [Array(server.table.commands[Int(most.command)].fullName.utf8)]
        let step = plan.steps.first { plan.command(of: $0, server.lookupCommands) == most.command }
        if let step {
            let view = plan.views[Int(step.view)]
            arguments.append(SlowLog.cut(view.lookups[keyAt: step.index]))
        }
        if count > 1 { arguments.append(Array("... (\(count - 1) more commands of the same turn)".utf8)) }
        server.slowLog.add(
            SlowLog.Entry(
                unixSeconds: now, microseconds: Int(nanoseconds / 1_000), arguments: arguments, address: "", name: ""))
    }
}

/// The rows of the commands that a step of a plan can stand for.
struct LookupCommands: Sendable {
    let get, mget, exists, strlen, getrange, type, timeToLive: Int16

    init(_ table: CommandTable) {
        func row(_ name: String) -> Int16 {
            guard let row = table.find(name.utf8.span) else { preconditionFailure("\(name) is not in the table") }
            return row.index
        }
        get = row("get")
        mget = row("mget")
        exists = row("exists")
        strlen = row("strlen")
        getrange = row("getrange")
        type = row("type")
        timeToLive = row("ttl")
    }
}

extension ReplyPlan {
    /// The row of the command that a step answers, or one that is answered alike (`TOUCH` counts as `EXISTS`);
    /// `nil` for steps that go on with another's reply, or look nothing up.
    func command(of step: Step, _ commands: LookupCommands) -> Int16? {
        switch step.kind {
        case .literal, .protocolVersion, .mute, .unmute, .moreValues, .partialHits: nil
        case .value: commands.get
        case .values, .firstValues: commands.mget
        case .hits: commands.exists
        case .length: commands.strlen
        case .range: commands.getrange
        case .type: commands.type
        case .timeToLive: commands.timeToLive
        case .computed: computations[step.parameter].command
        }
    }
}
