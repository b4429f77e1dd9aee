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
    /// What is read; `nil` where nothing is, or several versions are.
    let versionID: String?
    /// How long readers took for the jobs so far.
    var jobTimes = JobTimes()
    /// When the job was handed over, in nanoseconds of the monotonic clock.
    var startedAt: UInt64 = 0

    init(
        calls: [(command: Int16, count: Int)], arguments: [[UInt8]], isColdRead: Bool, versionID: String? = nil
    ) {
        self.calls = calls
        self.arguments = arguments
        self.isColdRead = isColdRead
        self.versionID = versionID
    }

    /// Where `nanoseconds` went: to readers and their queue, and the rest to loops that had others to see to.
    func phases(of nanoseconds: UInt64) -> [SlowLog.Phase] {
        // Control and settings threads do jobs too, and nobody knows what those waited for.
        guard jobTimes.workedNanoseconds > 0 else { return [] }
        let (waited, worked) = (jobTimes.waitedNanoseconds, jobTimes.workedNanoseconds)
        let left = nanoseconds > waited &+ worked ? nanoseconds - waited - worked : 0
        return [(.readerQueue, waited), (isColdRead ? .disk : .work, worked), (.handOver, left)].map {
            SlowLog.Phase(name: $0.0, microseconds: Int($0.1 / 1_000))
        }
    }
}

extension Session {
    /// Notes that the request at hand waits for the job that it has scheduled.
    @inline(never)
    func noteScheduled(_ command: CommandRow, _ request: borrowing Request) {
        let isLogged = context.server.slowLog.isOn && !command.flags.contains(.skipSlowlog)
        scheduled = WaitingCommands(
            calls: [(command.index, context.tally.withdraw(1, of: command.index))],
            arguments: isLogged ? SlowLog.cut(request, of: command) : [], isColdRead: false)
    }

    /// Notes that steps wait for the disk; what waits already goes on waiting.
    func noteCold(_ rest: ReplyPlan) {
        guard waiting == nil else { return }
        var calls: [(command: Int16, count: Int)] = []
        var arguments: [[UInt8]] = []
        for place in rest.steps.indices {
            let step = rest.steps[place]
            guard let command = rest.command(of: step, context.server.lookupCommands) else { continue }
            if arguments.isEmpty, context.server.slowLog.isOn {
                arguments = rest.arguments(of: step, named: context.server.table.commands[Int(command)].fullName)
            }
            if let place = calls.firstIndex(where: { $0.command == command }) {
                calls[place].count += step.requestCount
            } else {
                calls.append((command, step.requestCount))
            }
        }
        for place in calls.indices {
            calls[place].count = context.tally.withdraw(calls[place].count, of: calls[place].command)
        }
        waiting = WaitingCommands(calls: calls, arguments: arguments, isColdRead: true, versionID: rest.readVersionID)
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
                address: context.addressOfClient(id), name: name, phases: ended.phases(of: elapsed),
                versionID: ended.versionID))
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
