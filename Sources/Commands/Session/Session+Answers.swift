import Bytes
import Datasets
public import RESP
import ServerMetrics
import Storage

extension Session {
    /// Turns the session's steps, whose keys have been looked up, into replies at the end of `output`.
    ///
    /// Stops where a key would have to come from the disk, and where `output` holds more than
    /// ``outputBytesSoftMax``; ``need`` then says how to go on.
    public func answer(_ plan: ReplyPlan, steps: Range<Int>, into output: inout ReplyWriter) {
        mutedFrom = output.output.count
        answerSteps(steps, of: plan, into: &output)
        if isMuted { dropMuted(from: &output) }
    }

    /// Takes away what the client does not want to be sent.
    private func dropMuted(from output: inout ReplyWriter) {
        output.output.removeLast(output.output.count - mutedFrom)
    }

    @inline(__always)
    private func answerSteps(_ steps: Range<Int>, of plan: ReplyPlan, into output: inout ReplyWriter) {
        output.version = replyVersion
        computedBytes = 0
        for index in steps {
            let step = plan.steps[index]
            switch answer(step, of: plan, into: &output) {
            case .complete:
                guard output.output.count > Self.outputBytesSoftMax, index + 1 < steps.upperBound else { continue }
                return hold(index + 1..<steps.upperBound, of: plan, isForClient: true)
            case .wouldBlock:
                return hold(index..<steps.upperBound, of: plan, isForClient: false)
            case .partly(let answered):
                // The rest goes on behind what has been sent or counted.
                var rest = step
                if step.kind == .values || step.kind == .firstValues { rest.kind = .moreValues }
                rest.index += answered
                rest.count -= UInt32(answered)
                plan.steps[index] = rest
                let isFull = output.output.count > Self.outputBytesSoftMax
                return hold(index..<steps.upperBound, of: plan, isForClient: isFull)
            case .broken:
                isEnding = true
                (nextJob, scheduled) = (nil, nil)
                return
            }
        }
        if let nextJob {
            self.nextJob = nil
            need = .job(nextJob)
            beginWaiting()
        } else if isWaiting {
            need = .nothing
        }
    }

    /// Takes the steps that could not be answered along, for when the client has read, or for a reader to look up.
    private func hold(_ steps: Range<Int>, of plan: ReplyPlan, isForClient: Bool) {
        isRunnable = hasWork
        let rest = ReplyPlan()
        rest.append(steps, of: plan)
        if isForClient {
            need = .drain(rest)
        } else {
            context.metrics.coldLookups.add(rest.lookupCount)
            noteCold(rest)
            need = .job(ColdLookupJob(rest))
        }
    }

    /// Puts the steps that waited for the client to read back into `plan`, to be looked up and answered.
    public func resume(into plan: ReplyPlan) -> Range<Int> {
        let first = plan.stepCount
        if case .drain(let rest) = need { plan.append(0..<rest.stepCount, of: rest) }
        need = .nothing
        isRunnable = hasWork  // Requests may have been kept since the steps were held back.
        firstStep = plan.stepCount  // Later literals must not be joined to steps that went before.
        return first..<plan.stepCount
    }

    /// Goes on after a job: appends its reply, or what could now be looked up.
    public func complete(_ job: any SessionJob, into output: inout ReplyWriter) {
        need = .nothing
        waiting?.jobTimes.add(context.jobTimes)
        output.version = replyVersion
        mutedFrom = output.output.count
        defer { if isMuted { dropMuted(from: &output) } }
        if let job = job as? ColdLookupJob {
            guard let plan = job.takePlan() else { return }
            let ending = waiting
            answer(plan, steps: 0..<plan.stepCount, into: &output)
            // Where the rest waits for the disk again, or a job has begun, that is not the end of it, or no longer.
            if case .job = need {} else if waiting === ending { endWaiting() }
        } else if let job = job as? any ReplyJob {
            let start = output.output.count
            job.appendReply(to: &output)
            noteIfError(output.output.span.extracting(start...), of: waiting?.calls.first?.command)
            endWaiting()
            if let damage = job.damage {
                context.metrics.damagedLookups.add()
                context.report(damage.failure, of: damage.version)
            }
            if job.endsSession { isEnding = true }
        }
        if isRevoked { isEnding = true }
        if case .nothing = need { isRunnable = hasWork && !isEnding }
    }

    var hasWork: Bool { !backlog.isEmpty || replay != nil || !pushes.isEmpty }

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
        case .mute:
            // Who is muted already stays so from where it began.
            if !isMuted { mutedFrom = output.output.count }
            isMuted = true
            return .complete
        case .unmute:
            if isMuted { dropMuted(from: &output) }
            isMuted = false
            return .complete
        case .value:
            return answerGets(step, of: plan, into: &output)
        case .values, .firstValues, .moreValues:
            return answerValues(step, of: plan, into: &output)
        case .computed:
            return answerComputed(step, of: plan, into: &output)
        default:
            return answerAboutKeys(step, of: plan, into: &output)
        }
    }

    /// The values that GETs in a row have asked for.
    @inline(__always)
    private func answerGets(
        _ step: ReplyPlan.Step, of plan: ReplyPlan, into output: inout ReplyWriter
    ) -> StepOutcome {
        let view = plan.views[Int(step.view)]
        let end = step.index + Int(step.count)
        var hits = 0
        var index = step.index
        var known = 0
        answering: while index < end {
            switch view.lookups.outcome(at: index) {
            case .hit:
                output.bulk(view.lookups[valueAt: index])
                hits &+= 1
                known &+= 1
            case .miss:
                output.null()
                known &+= 1
            case .damaged: answerDamaged(step, of: plan, at: index, into: &output)
            case .pending, .wouldBlock: break answering
            }
            index &+= 1
            if output.output.count > Self.outputBytesSoftMax { break }
        }
        context.metrics.keyspaceHits.add(hits)
        context.metrics.keyspaceMisses.add(known - hits)
        if index == end { return .complete }
        return index == step.index ? .wouldBlock : .partly(index - step.index)
    }

    /// The values of an MGET: one array, sent in as many pieces as its client and the disk need.
    private func answerValues(
        _ step: ReplyPlan.Step, of plan: ReplyPlan, into output: inout ReplyWriter
    ) -> StepOutcome {
        let view = plan.views[Int(step.view)]
        let range = step.index..<step.index + Int(step.count)
        var ready = 0
        var damaged: Int?
        for index in range {
            let outcome = view.lookups.outcome(at: index)
            if outcome == .pending || outcome == .wouldBlock { break }
            if outcome == .damaged, damaged == nil { damaged = index }
            ready += 1
        }
        if let damaged {
            answerDamaged(step, of: plan, at: damaged, into: &output)
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
        var hits = 0
        while sent < ready {
            let index = range.lowerBound + sent
            if view.lookups.outcome(at: index) == .hit {
                output.bulk(view.lookups[valueAt: index])
                hits &+= 1
            } else {
                output.null()
            }
            sent &+= 1
            if output.output.count > Self.outputBytesSoftMax { break }
        }
        context.metrics.keyspaceHits.add(hits)
        context.metrics.keyspaceMisses.add(sent - hits)
        return sent == range.count ? .complete : .partly(sent)
    }

    /// A reply made from values, once all of them are known.
    private func answerComputed(
        _ step: ReplyPlan.Step, of plan: ReplyPlan, into output: inout ReplyWriter
    ) -> StepOutcome {
        let view = plan.views[Int(step.view)]
        let planned = plan.computations[step.parameter]
        let start = output.output.count
        switch planned.result {
        case .reply(let made, let found, let missed):
            output.output.append(made.bytes, in: 0..<made.bytes.count)
            endComputed(planned, found: found, missed: missed, output.output.span.extracting(start...))
            return .complete
        case .damaged(let failure, let key):
            context.metrics.damagedLookups.add()
            context.report(failure, of: view.version, key: key)
            answerDamaged(planned.command ?? context.server.lookupCommands.mget, into: &output)
            return .complete
        case nil: break
        }
        let range = step.index..<step.index + Int(step.count)
        var damaged: Int?
        for index in range {
            switch view.lookups.outcome(at: index) {
            case .pending, .wouldBlock: return .wouldBlock
            case .damaged: damaged = damaged ?? index
            case .hit, .miss: break
            }
        }
        if let damaged {
            answerDamaged(step, of: plan, at: damaged, into: &output)
            return .complete
        }
        let values = FoundValues(view, in: range)
        let weight = planned.computation.weight(of: values)
        guard weight <= Computation.loopBytesMax,
            computedBytes == 0 || computedBytes + weight <= Computation.turnBytesMax
        else { return .wouldBlock }
        computedBytes += weight
        if range.count <= Computation.wholeKeysMax {
            planned.computation.write(values, &output)
        } else {
            var fold = planned.computation.fold()
            _ = fold.add(values)
            fold.write(to: &output)
        }
        let found = values.foundCount
        endComputed(planned, found: found, missed: values.count - found, output.output.span.extracting(start...))
        return .complete
    }

    /// Counts what a computed reply was made from.
    private func endComputed(_ planned: PlannedComputation, found: Int, missed: Int, _ reply: Span<UInt8>) {
        context.metrics.keyspaceHits.add(found)
        context.metrics.keyspaceMisses.add(missed)
        noteIfError(reply, of: planned.command)
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
                reportDamage(view, at: index)
                partialCount.isDamaged = true
                // Nothing of the reply has been sent, so it can still be an error, in its own time.
                if step.kind != .partialHits { endCount(of: 0, into: &output) }
                return .complete
            case .pending, .wouldBlock: break counting
            }
            known += 1
        }
        if known < step.count {
            guard known > 0, plan.wasReadAnywhere else { return .wouldBlock }
            partialCount.hits += found
        }
        context.metrics.keyspaceHits.add(found)
        context.metrics.keyspaceMisses.add(known - found)
        if known < step.count { return .partly(known) }
        switch step.kind {
        case .partialHits:
            partialCount.hits += found
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
        if partialCount.isDamaged {
            answerDamaged(context.server.lookupCommands.exists, into: &output)
        } else {
            output.integer(partialCount.hits + found)
        }
        partialCount = PartialCount()
    }

    private func answerDamaged(
        _ step: ReplyPlan.Step, of plan: ReplyPlan, at index: Int, into output: inout ReplyWriter
    ) {
        reportDamage(plan.views[Int(step.view)], at: index)
        answerDamaged(
            plan.command(of: step, context.server.lookupCommands) ?? context.server.lookupCommands.mget, into: &output)
    }

    private func answerDamaged(_ command: Int16, into output: inout ReplyWriter) {
        let start = output.output.count
        output.error(ErrorReply.damaged)
        noteFailure(output.output.span.extracting((start + 1)...), of: command)
    }

    /// Counts a reply that somebody else has made, if it is an error.
    private func noteIfError(_ reply: Span<UInt8>, of command: Int16?) {
        guard !reply.isEmpty, reply[0] == UInt8(ascii: "-") else { return }
        noteFailure(reply.extracting(1...), of: command)
    }

    private func reportDamage(_ view: VersionView, at index: Int) {
        context.metrics.damagedLookups.add()
        let key = [UInt8](copying: view.lookups[keyAt: index])
        context.report(view.lookups.failure, of: view.version, key: key)
    }

    /// Bytes of output that may wait for a client before the next reply is made.
    public static let outputBytesSoftMax = 1 << 20
}
