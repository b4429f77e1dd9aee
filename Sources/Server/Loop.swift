import Bytes
import Commands
import Datasets
import Logging
import Platform
import RESP
import ServerMetrics

/// One thread with its own epoll, listeners and connections.
///
/// A turn takes the events, lets every session that can go on understand its requests, looks all their
/// keys up together, and sends the replies. Nothing here waits for anything but epoll: what needs the
/// disk goes to the readers and comes back through the mailbox.
///
/// The budget of a resident GET is one `recv` and one `send` for all that a client has in flight, a share of an
/// `epoll_wait`, and no allocation. In user instructions besides the engine's, by callgrind on the release build with
/// values of 4 bytes and 50 connections that all have something in each turn, x86-64, 2026-11-21; a server that answers
/// a constant needs 142 and 258:
///
/// | part | pipeline of 64 | one request each |
/// |---|---|---|
/// | recognising the request, copying its key (``Session/collect(_:into:)``) | 119 | 327 |
/// | header and value into the reply (``Session/answer(_:steps:into:)``, `memmove`) | 126 | 264 |
/// | counting references: 8 or so a connection and turn | 6 | 334 |
/// | queue, batch, what comes next, statistics | 10 | 520 |
/// | `recv`, `send`, `epoll_wait`, this side of the kernel | 3 | 180 |
///
/// Of the statistics, noting keys that are asked for goes by the clock, so that it looks larger here, at 65 of the 520,
/// than it is. A turn with a single request needs 1,700 instructions more, which more requests share.
///
/// With one request a connection the kernel takes nine tenths of the time: 6.7 of 6.9 µs of CPU, where the constant
/// server needs 6.7 and Redis 7 needs 9.0. At a pipeline of 64 it is 0.1 of 0.2 µs, of Redis's 1.6.
///
/// Values are copied into the reply, large ones too. Lending them to `writev` costs 5 to 80 % more CPU below 8 KiB and
/// wherever a reply has one value of less than 256 KiB, and saves 8 to 30 % only with several large ones in a reply:
/// not worth values that must outlive their batch when a client reads slowly.
final class Loop {
    let index: Int
    let group: LoopGroup
    let mailbox: LoopMailbox
    let readers: ReaderPool
    var limits: Limits
    let logger: Logger
    let context: SessionContext
    let metrics: LoopMetrics
    var catalog: Catalog.Reader
    var epoll: Epoll
    var listeners: [ListenerBox]

    var connections: [Connection?] = []
    var generations: [UInt32] = []
    var freePlaces: [Int] = []
    var connectionCount = 0
    /// Connections that can go on without waiting for an event.
    var queue = FlatArray<Epoll.Token>(capacity: 64)
    /// Those of ``queue`` that are being served; empty between turns.
    var serving = FlatArray<Epoll.Token>(capacity: 64)
    let plan: ReplyPlan
    /// When the last batch ended, in nanoseconds of the monotonic clock.
    var batchEndedAt: UInt64 = 0
    /// The sessions with steps in ``plan``.
    var batch = FlatArray<BatchEntry>(capacity: 64)
    var input = ByteBuffer(capacity: Loop.readBytesMax)
    /// What an encrypted connection has received, and what it is to send; empty between two connections.
    var ciphertext = ByteBuffer()
    var encrypted = ByteBuffer()
    var handshakes = Handshakes()
    /// Whose bytes ``input`` holds.
    var inputOwner: Epoll.Token?
    var replies = ReplyWriter()
    /// Connections with something to tell that no request asked for, served a few a turn: after a change of
    /// version there may be thousands, and others must not wait for all of them.
    var telling = Ring<Epoll.Token>()
    /// Connections that `CLIENT PAUSE` holds back.
    var paused = Ring<Epoll.Token>()
    /// Jobs that found the readers' queue full.
    var deferred = Ring<Epoll.Token>()
    /// When to look again at what keys are asked for.
    var nextSample: UInt64 = 0
    /// Keys looked up by then.
    var lookupsAtSample = 0
    var acceptAgain = false
    /// When it may next be logged that protected mode keeps clients out, in nanoseconds of the monotonic clock.
    var nextKeptOutNote: UInt64 = 0
    var nextSweep: UInt64 = 0
    var nextAcceptWarning: UInt64 = 0
    /// Connections that wait for their client to see the end.
    var lingering = 0
    /// Connections with more unread replies than the soft limit allows.
    var overSoftLimit = 0
    /// When to look again for connections to close, where all together hold too much.
    var nextEviction: UInt64 = 0
    /// What clients hold that have yet to show a password.
    var strangerBytes = 0
    /// Those closed for it that the log has yet to tell of, and when it may.
    var strangersClosed = 0
    var nextStrangerNote: UInt64 = 0
    let tracing: LoopTrace
    /// Whether a trace is being taken, as of this turn.
    var isTracing = false
    var isDraining = false
    var isStopped = false

    /// Some steps of ``plan``, and whose replies they are.
    struct BatchEntry: BitwiseCopyable {
        let connection: Epoll.Token
        let firstStep: Int
        let endStep: Int
    }

    /// Listeners are not copyable, and an array's elements are.
    final class ListenerBox: Sendable {
        let listener: Listener
        let isEncrypted: Bool

        init(_ listener: consuming Listener, isEncrypted: Bool = false) {
            self.listener = listener
            self.isEncrypted = isEncrypted
        }
    }

    init(
        index: Int, group: LoopGroup, readers: ReaderPool, server: ServerState, listeners: [ListenerBox],
        limits: Limits, logger: Logger
    ) throws(SystemError) {
        self.index = index
        self.group = group
        mailbox = group.mailboxes[index]
        metrics = group.metrics[index]
        self.readers = readers
        tracing = LoopTrace(
            group.tracer, track: group.tracks[index].turns, requests: group.tracks[index].requests)
        self.limits = limits
        self.logger = logger
        self.listeners = listeners
        plan = ReplyPlan()
        catalog = server.catalog.makeReader()
        context = SessionContext(
            server: server, metrics: metrics, versions: catalog.versions,
            seed: Clock.monotonicNanoseconds() &+ UInt64(index))
        let damageLog = DamageLog(logger)
        context.onRedirectedInvalidation = { place in
            group.mailboxes[place.loop].post(.invalidation(Epoll.Token(rawValue: place.token)))
        }
        context.onDamage = { [unowned context] damage in damageLog.note(damage, now: context.now) }
        let loginLog = LoginLog(logger)
        context.unixSeconds = { Clock.wallMicroseconds() / 1_000_000 }
        context.unixMicroseconds = Clock.wallMicroseconds
        epoll = try Epoll()
        try mailbox.waker.register(with: epoll, token: Epoll.Token(place: Self.wakerPlace, generation: 0))
        for (place, box) in listeners.enumerated() {
            try box.listener.register(
                with: epoll, token: Epoll.Token(place: Self.firstListenerPlace + UInt32(place), generation: 0))
        }
        adoptViews()
        context.onMonitored = { [unowned self] lines in share(lines) }
        context.addressOfClient = { [unowned self] id in
            guard let place = context.server.directory.place(of: id), place.loop == index else { return "" }
            return connection(for: Epoll.Token(rawValue: place.token))?.addresses.peer ?? ""
        }
        context.onRefusedLogin = { [unowned context] session, name in
            loginLog.note(name: name, address: context.addressOfClient(session.id), now: context.now)
        }
        context.describeClient = { [unowned self] session in
            guard let place = context.server.directory.place(of: session.id), place.loop == index,
                let connection = connection(for: Epoll.Token(rawValue: place.token))
            else { return session.facts.line }
            return facts(of: connection).line
        }
    }

    // MARK: Turns

    /// Serves until told to drain or stop.
    func run() {
        while !isStopped, !(isDraining && connectionCount == 0 && mailbox.closeIfEmpty()) {
            do throws(SystemError) {
                let count = try epoll.wait(milliseconds: timeout)
                context.now = Clock.monotonicNanoseconds()
                beginTurn(eventCount: count)
                refreshVersions()
                for event in 0..<count { note(epoll[event: event]) }
            } catch {
                // Cannot be: every argument is ours. Ending the process beats spinning.
                preconditionFailure("epoll_wait: \(error)")
            }
            if acceptAgain { acceptAll() }
            if !paused.isEmpty { endPauseIfOver() }
            if !telling.isEmpty { tellSome() }
            runQueue()
            if context.isMonitored { context.passOnMonitored() }
            sweepIfDue()
            if isTracing { traceTurnEnd() }
        }
        for connection in connections { if let connection { close(connection) } }
        for message in mailbox.close() { returnToSender(message) }
    }

    var timeout: Int32 {
        if !queue.isEmpty || !telling.isEmpty { return 0 }
        if !deferred.isEmpty || acceptAgain || !paused.isEmpty { return 10 }
        return isSweeping ? 500 : -1
    }

    func note(_ event: Epoll.Event) {
        switch event.token.place {
        case Self.wakerPlace:
            mailbox.waker.acknowledge()
            for message in mailbox.takeAll() { receive(message) }
        case Self.firstListenerPlace..<Self.firstConnectionPlace:
            acceptAgain = true
        default:
            guard let connection = connection(for: event.token) else { return }
            if event.isReadable { connection.isReadable = true }
            if event.isWritable { connection.isWritable = true }
            if event.isEnding { connection.isEnding = true }
            if event.isBroken { connection.isBroken = true }
            enqueue(connection)
        }
    }

    /// The connection that a token was made for; `nil` once it has been closed.
    @inline(__always)
    func connection(for token: Epoll.Token) -> Connection? {
        let place = Int(token.place - Self.firstConnectionPlace)
        guard place < connections.count, generations[place] == token.generation else { return nil }
        return connections[place]
    }

    @inline(__always)
    func enqueue(_ connection: Connection) {
        guard !connection.isQueued else { return }
        connection.isQueued = true
        queue.append(connection.token)
    }

    /// Serves everyone who is in the queue now, once.
    func runQueue() {
        swap(&queue, &serving)
        for place in serving.indices {
            guard let connection = connection(for: serving[place]) else { continue }
            connection.isQueued = false
            serve(connection)
            if plan.lookupCount >= Self.batchLookupsMax { finishBatch() }
        }
        serving.removeAll()
        if !batch.isEmpty { finishBatch() }
    }

    /// Looks up all keys of the plan together and sends every session's replies.
    func finishBatch() {
        // Values are lent from mapped files until they have been copied into the replies.
        let faults = MappingFaults.count
        let collectedAt = Clock.monotonicNanoseconds()
        let hasKeys = plan.lookupCount > 0
        if hasKeys { plan.lookUpResident() }
        let lookedUpAt = hasKeys ? Clock.monotonicNanoseconds() : collectedAt
        if context.now >= nextSample { sampleKeys() }
        for place in batch.indices {
            let entry = batch[place]
            guard let connection = connection(for: entry.connection) else { continue }
            connection.session.answer(plan, steps: entry.firstStep..<entry.endStep, into: &replies)
            guard MappingFaults.count == faults else {
                // Some of what was copied may be zeros. No reply is better than a wrong one.
                releaseReplies()
                close(connection)
                continue
            }
            deliver(to: connection)
        }
        let endedAt = Clock.monotonicNanoseconds()
        metrics.batches.add(
            receiving: Clock.nanoseconds(from: max(context.now, batchEndedAt), to: collectedAt),
            lookingUp: hasKeys ? lookedUpAt - collectedAt : nil, answering: endedAt - lookedUpAt)
        batchEndedAt = endedAt
        if let slow = context.endBatch(at: endedAt, collectedAt, lookedUpAt) { note(slow) }
        if isTracing { trace(batchEndedAt: endedAt, collectedAt, lookedUpAt) }
        batch.removeAll()
        plan.removeAll()
        if plan.hasOwnViews { dropViews() }
    }

    /// Puts the batch at hand on record as slow.
    @inline(never)
    private func note(_ slow: SlowBatch) {
        guard batch.count == 1, let connection = connection(for: batch[0].connection) else {
            return context.note(slow, plan, of: nil, input: Span())
        }
        if inputOwner != connection.token { input.removeAll() }
        var received = ByteBuffer()
        swap(&received, &input)
        context.note(slow, plan, of: connection.session, input: received.span)
        swap(&received, &input)
    }

    // MARK: Limits of the loop itself

    static let wakerPlace: UInt32 = 0
    static let firstListenerPlace: UInt32 = 1
    static let firstConnectionPlace: UInt32 = 64
    /// Bytes taken from one connection in one turn.
    static let readBytesMax = 64 << 10
    /// Reads of requests that have to wait, from one connection in one turn.
    static let readAheadReadsMax = 16
    /// Keys looked up together: enough to overlap their memory latency, few enough to answer within a
    /// millisecond or two.
    static let batchLookupsMax = 1_024
    static let keptReplyBytesMax = 4 << 20
}
