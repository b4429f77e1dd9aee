import Bytes
import Datasets
import RESP
import Storage

/// A batch that held up its loop for longer than is usual.
public struct SlowBatch {
    let nanoseconds: UInt64
    /// How many commands there were, some of which may go on to wait.
    let commandCount: Int
    /// Those that do not, by their rows, the one with the most calls first.
    let commands: [(command: Int16, calls: Int)]
    let phases: [SlowLog.Phase]
}

extension SessionContext {
    /// Ends a batch, whose replies have been sent: gives its commands their time.
    ///
    /// - Parameters:
    ///   - now: In nanoseconds of the clock that ``now`` is of.
    ///   - collectedAt: When its requests had been understood, and the look-up of their keys began.
    ///   - lookedUpAt: When that ended.
    /// - Returns: What is to be given to ``note(_:_:of:input:)``, if the batch was slow.
    public func endBatch(at now: UInt64, _ collectedAt: UInt64, _ lookedUpAt: UInt64) -> SlowBatch? {
        let slowest = min(server.slowLog.thresholdNanoseconds, server.latency.thresholdNanoseconds)
        // The names are gone once the batch has been counted, and few batches are slow.
        let isSlow = now > self.now && now - self.now >= slowest
        let commands = isSlow ? tally.batchCommands : []
        let (elapsed, count) = tally.endBatch(turnStart: self.now, now: now)
        guard isSlow, elapsed >= slowest, count > 0 else { return nil }
        let (lookUp, write) = (lookedUpAt &- collectedAt, now &- lookedUpAt)
        let queue = elapsed > lookUp &+ write ? elapsed - lookUp - write : 0
        let phases = [(SlowLog.Phase.Name.queue, queue), (.lookUp, lookUp), (.write, write)].map {
            SlowLog.Phase(name: $0.0, microseconds: Int($0.1 / 1_000))
        }
        return SlowBatch(nanoseconds: elapsed, commandCount: count, commands: commands, phases: phases)
    }

    /// Puts a slow batch on record; commands of it that wait are noted once they need not any more.
    ///
    /// - Parameters:
    ///   - batch: What ``endBatch(at:)`` has just returned.
    ///   - plan: What was answered, still whole.
    ///   - session: The one whose commands these are, where there is but one.
    ///   - input: The bytes last given to ``Session/collect(_:into:)`` of that session; empty where they are gone.
    public func note(_ batch: SlowBatch, _ plan: ReplyPlan, of session: Session?, input: Span<UInt8>) {
        let unixSeconds = unixSeconds()
        server.latency.note(.slowTurn, nanoseconds: batch.nanoseconds, unixSeconds: unixSeconds)
        let logged = batch.commands.filter { !server.table.commands[Int($0.command)].flags.contains(.skipSlowlog) }
        guard batch.nanoseconds >= server.slowLog.thresholdNanoseconds, let most = logged.first else { return }
        let count = logged.reduce(0) { $0 + $1.calls }
        let request = batch.commandCount == 1 ? session?.request(of: most.command, in: input) : nil
        server.slowLog.add(
            SlowLog.Entry(
                unixSeconds: unixSeconds, microseconds: Int(batch.nanoseconds / 1_000),
                arguments: request ?? turnArguments(plan, most.command, count),
                address: session.map { addressOfClient($0.id) } ?? "", name: session?.name ?? "",
                phases: batch.phases, versionID: plan.readVersionID))
    }

    /// What is noted of a batch that held up its loop: which of its commands was the slow one, nobody knows.
    private func turnArguments(_ plan: ReplyPlan, _ command: Int16, _ count: Int) -> [[UInt8]] {
        let name = server.table.commands[Int(command)].fullName
        let place = plan.steps.indices.first { plan.command(of: plan.steps[$0], server.lookupCommands) == command }
        var arguments = place.map { plan.arguments(of: plan.steps[$0], named: name) } ?? [Array(name.utf8)]
        if count > 1 { arguments.append(Array("... (\(count - 1) more commands of the same turn)".utf8)) }
        return arguments
    }
}

extension Session {
    /// A request as the slow log keeps it.
    ///
    /// - Parameters:
    ///   - command: Its row.
    ///   - input: What ``collect(_:into:)`` was last given.
    /// - Returns: `nil` where there is more or less in `input` than this one request.
    func request(of command: Int16, in input: Span<UInt8>) -> [[UInt8]]? {
        guard requestsBeganInInput else { return nil }
        var parser = RequestParser(limits: limits)
        guard case .request(input.count) = try? parser.parse(input) else { return nil }
        let request = parser.request(in: input)
        let table = context.server.table
        guard request.count > 0, var row = table.find(request[0]) else { return nil }
        if row.isContainer, request.count > 1 { row = table.find(request[1], in: row) ?? row }
        return row.index == command ? SlowLog.cut(request, of: row) : nil
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
    /// The version that the look-ups are in; `nil` for none, and for several.
    var readVersionID: String? {
        let read = views.filter { !$0.lookups.isEmpty }
        return read.count == 1 ? read[0].version.id : nil
    }

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

extension ReplyPlan {
    /// The arguments of the request that a step answers, as the slow log keeps them: its name and its keys.
    func arguments(of step: Step, named name: String) -> [[UInt8]] {
        let view = views[Int(step.view)]
        // Of several requests, the first one.
        let keyCount = Int(step.count) / step.requestCount
        var arguments = [Array(name.utf8)]
        let kept = SlowLog.keptArguments(of: keyCount + 1)
        for index in 0..<kept - 1 { arguments.append(SlowLog.cut(view.lookups[keyAt: step.index + index])) }
        if kept <= keyCount { arguments.append(SlowLog.omission(of: keyCount + 1 - kept)) }
        if step.kind == .range {
            let wanted = ranges[step.parameter]
            arguments += [Array("\(wanted.first)".utf8), Array("\(wanted.last)".utf8)]
        }
        return arguments
    }
}
