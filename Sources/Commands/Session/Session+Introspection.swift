import Bytes
import RESP

extension Session {
    /// Commands that tell what the server has done and how it is.
    ///
    /// - Returns: False for the commands of others, with nothing done.
    /// - Throws: What to reply instead.
    func performIntrospection(
        _ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan
    ) throws(CommandError) -> Bool {
        switch command.action {
        case .slowlogGet, .slowlogLength, .slowlogReset: try performSlowLog(command, request, plan)
        case .latencyLatest, .latencyHistory, .latencyReset, .latencyDoctor, .latencyGraph, .latencyHistogram:
            try performLatency(command, request, plan)
        case .memoryStats: scheduleFacts { $0.writeMemory(to: &$1) }
        case .memoryDoctor: scheduleFacts { $1.verbatim($0.memoryDiagnosis) }
        case .memoryMallocStats: scheduleFacts { $1.verbatim($0.allocatorText) }
        case .memoryPurge:
            schedule(
                SingleSliceJob(version: protocolVersion) { [server = context.server] in
                    server.releaseFreeMemory()
                    $0.ok()
                })
        case .configResetStatistics:
            schedule(
                SingleSliceJob(version: protocolVersion) { [server = context.server] in
                    server.resetStatistics()
                    $0.ok()
                })
        case .lolwut:
            try Lolwut.check(request)
            let seed = context.random.next()
            reply(plan) { Lolwut.write(seed: seed, to: &$0) }
        case .debug: try debug(request, plan)
        case .datasetHotKeys: try tellHotKeys(request)
        default: return try performAccess(command, request, plan)
        }
        return true
    }

    /// Has a reader make a reply from what the server knows of itself.
    private func scheduleFacts(_ write: @escaping @Sendable (ServerFacts, inout ReplyWriter) -> Void) {
        schedule(
            SingleSliceJob(version: protocolVersion) { [server = context.server] in write(server.facts(), &$0) })
    }

    private func performSlowLog(
        _ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan
    ) throws(CommandError) {
        let log = context.server.slowLog
        switch command.action {
        case .slowlogLength: reply(plan) { $0.integer(log.count) }
        case .slowlogReset:
            log.reset()
            ok(plan)
        default:
            guard request.count <= 3 else { throw CommandError(ErrorReply.subcommandArguments(request)) }
            var count = 10
            if request.count == 3 {
                guard let number = Int(decimal: request[2]), number >= -1 else {
                    throw CommandError("ERR count should be greater than or equal to -1")
                }
                count = number
            }
            // The log may be long, and a loop must not be.
            schedule(
                SingleSliceJob(version: protocolVersion) { [count] reply in
                    let entries = log.entries(count)
                    reply.array(count: entries.count)
                    for entry in entries { entry.write(to: &reply) }
                })
        }
    }

    private func performLatency(
        _ command: CommandRow, _ request: borrowing Request, _ plan: ReplyPlan
    ) throws(CommandError) {
        try Self.checkNames(request)
        let monitor = context.server.latency
        var names: [String] = []
        for index in 2..<request.count { names.append(String(copying: request[index])) }
        switch command.action {
        case .latencyLatest:
            let events = monitor.all
            reply(plan) { reply in
                reply.array(count: events.count)
                for event in events {
                    reply.array(count: 4)
                    reply.bulk(event.kind.rawValue)
                    reply.integer(event.samples.last?.unixSeconds ?? 0)
                    reply.integer(event.samples.last?.milliseconds ?? 0)
                    reply.integer(event.worstMilliseconds)
                }
            }
        case .latencyHistory:
            let samples = monitor.event(named: names[0])?.samples ?? []
            reply(plan) { reply in
                reply.array(count: samples.count)
                for sample in samples {
                    reply.array(count: 2)
                    reply.integer(sample.unixSeconds)
                    reply.integer(sample.milliseconds)
                }
            }
        case .latencyReset:
            let count = monitor.reset(names)
            reply(plan) { $0.integer(count) }
        case .latencyDoctor: reply(plan) { $0.verbatim(monitor.diagnosis) }
        case .latencyGraph:
            guard let event = monitor.event(named: names[0]) else {
                throw CommandError(
                    ErrorReply.quoting("ERR No samples available for event '", request[2], "'"))
            }
            let now = context.unixSeconds()
            reply(plan) { $0.verbatim(event.graph(at: now)) }
        default: scheduleFacts { [names] in $0.writeHistograms(names, to: &$1) }
        }
    }
}
