import Bytes
import Commands
import Platform
import ServerMetrics
import Tracing

/// What a loop notes while a trace is taken.
final class LoopTrace {
    let tracer: Tracer
    let track: TraceTrack
    /// Beside ``track``, as requests overlap.
    let requests: TraceTrack
    /// When the latest turn ended; 0 where nobody has looked.
    var turnEnd: UInt64 = 0
    var eventCount = 0
    /// When what is under way began.
    var mark: UInt64 = 0
    var sendNanoseconds: UInt64 = 0
    var sendCount = 0
    var bytesSentBefore = 0
    /// Requests that wait for a job.
    var waiting: [WaitingRequest] = []

    struct WaitingRequest {
        let request: SampledRequest
        let start: UInt64
        let lookUp: (start: UInt64, end: UInt64)
    }

    init(_ tracer: Tracer, track: TraceTrack, requests: TraceTrack) {
        (self.tracer, self.track, self.requests) = (tracer, track, requests)
    }

    /// Has a request shown from `start` to `end`.
    func add(_ request: SampledRequest, from start: UInt64, to end: UInt64, lookUp: (start: UInt64, end: UInt64)) {
        requests.add(
            TraceEvent(
                .request, from: start, to: end, Int(request.command), request.keyCount, request.sessionID,
                lookUp: lookUp))
    }

    /// Requests that may wait at once.
    static let waitingMax = 256
}

/// What the loop does for a trace; while none is taken, ``Loop/beginTurn(eventCount:)`` is all of it.
extension Loop {
    /// Looks once a turn whether anybody watches.
    @inline(__always)
    func beginTurn(eventCount: Int) {
        context.isMonitored = context.server.monitors.isActive
        if isTracing || tracing.tracer.isArmed { traceTurn(eventCount) }
    }

    @inline(never)
    private func traceTurn(_ eventCount: Int) {
        let tracer = tracing.tracer
        guard tracer.isArmed else {
            (isTracing, tracing.turnEnd, tracing.waiting) = (false, 0, [])
            return context.sample(oneIn: 0)
        }
        if !isTracing { context.sample(oneIn: tracer.sampleInterval) }
        isTracing = true
        if tracing.turnEnd > 0 { tracing.track.add(TraceEvent(.wait, from: tracing.turnEnd, to: context.now)) }
        (tracing.mark, tracing.eventCount) = (context.now, eventCount)
        (tracing.sendNanoseconds, tracing.sendCount) = (0, 0)
        tracing.bytesSentBefore = metrics.bytesSent.total
    }

    @inline(never)
    func traceTurnEnd() {
        tracing.turnEnd = Clock.monotonicNanoseconds()
        tracing.track.add(TraceEvent(.turn, from: context.now, to: tracing.turnEnd, tracing.eventCount))
    }

    /// Shows a batch: what was received, looked up, answered and sent, and of which requests.
    ///
    /// The answers come before the sends, though they take turns: those of one connection, and the next.
    @inline(never)
    func trace(batchEndedAt endedAt: UInt64, _ collectedAt: UInt64, _ lookedUpAt: UInt64) {
        let (track, lookUp) = (tracing.track, (start: collectedAt, end: lookedUpAt))
        track.add(TraceEvent(.receive, from: tracing.mark, to: collectedAt, batch.count))
        if plan.lookupCount > 0 {
            track.add(TraceEvent(.lookUp, from: collectedAt, to: lookedUpAt, plan.lookupCount))
        }
        let sendStart = max(endedAt &- tracing.sendNanoseconds, lookedUpAt)
        track.add(TraceEvent(.answer, from: lookedUpAt, to: sendStart, batch.count))
        let bytesSent = metrics.bytesSent.total
        track.add(
            TraceEvent(.send, from: sendStart, to: endedAt, tracing.sendCount, bytesSent - tracing.bytesSentBefore))
        (tracing.sendNanoseconds, tracing.sendCount, tracing.bytesSentBefore) = (0, 0, bytesSent)
        tracing.mark = endedAt
        for request in context.takeSampled() {
            guard isWaiting(request) else {
                tracing.add(request, from: context.now, to: endedAt, lookUp: lookUp)
                continue
            }
            guard tracing.waiting.count < LoopTrace.waitingMax else { continue }
            tracing.waiting.append(LoopTrace.WaitingRequest(request: request, start: context.now, lookUp: lookUp))
        }
    }

    /// Shows the requests of a connection that has got what it waited for.
    @inline(never)
    func traceFinished(_ connection: Connection) {
        guard !tracing.waiting.isEmpty, connection.job == nil else { return }
        let now = Clock.monotonicNanoseconds()
        tracing.waiting.removeAll { waiting in
            guard waiting.request.sessionID == connection.session.id else { return false }
            tracing.add(waiting.request, from: waiting.start, to: now, lookUp: waiting.lookUp)
            return true
        }
    }

    /// As ``send(to:)``, and notes how long that takes.
    @inline(never)
    func tracedSend(to connection: Connection) -> Bool {
        let start = Clock.monotonicNanoseconds()
        defer {
            tracing.sendNanoseconds &+= Clock.monotonicNanoseconds() &- start
            tracing.sendCount += 1
        }
        return send(to: connection)
    }

    private func isWaiting(_ request: SampledRequest) -> Bool {
        guard let place = context.server.directory.place(of: request.sessionID) else { return false }
        return connection(for: Epoll.Token(rawValue: place.token))?.job != nil
    }
}
