import Bytes
public import Commands
public import Datasets
public import RESP
import ServerMetrics
import Synchronization
import TestSupport

/// Plays the part of a loop, its readers and its clients for sessions, without sockets, threads or time.
///
/// Every choice that a real loop leaves to chance (how much is read at once, who has a turn, when a job
/// ends, how much a client reads) is drawn from a seed.
public final class SessionDriver {
    /// How the world treats the sessions.
    public struct Pace: Sendable {
        public var seed: UInt64 = 1
        /// Bytes of one read, at most; every read is of a size up to this.
        public var readBytesMax = Int.max
        /// Bytes a client takes of its replies each turn.
        public var drainBytes = Int.max
        /// Turns that a slice of a job takes at most.
        public var jobTurnsMax = 0
        /// One in so many turns leaves a session out; 0 for none.
        public var skipsOneIn = 0
        /// Whether a session that waits is given the bytes that come meanwhile.
        public var readsAhead = false

        public init() {}

        /// Everything at once.
        public static let prompt = Pace()

        /// All choices drawn from `seed`, but reads are bounded by no less than `readBytesMin`: long streams
        /// would take too long byte by byte.
        public static func random(seed: UInt64, readBytesMin: Int = 1) -> Pace {
            var random = SeededRandom(seed: seed)
            var pace = Pace()
            pace.seed = seed
            pace.readBytesMax = max([1, 7, 100, 1_000, 4_000, Int.max][random.pick(0...5)], readBytesMin)
            pace.drainBytes = [1_000, 100_000, Int.max, Int.max][random.pick(0...3)]
            pace.jobTurnsMax = random.pick(0...3)
            pace.skipsOneIn = random.oneIn(2) ? 3 : 0
            pace.readsAhead = random.oneIn(2)
            return pace
        }
    }

    /// One client: what it sends, and what it has got.
    public final class Client {
        public let session: Session
        fileprivate var unsent: [UInt8] = []
        fileprivate var sent = 0
        fileprivate var output: [UInt8] = []
        fileprivate var drained = 0
        fileprivate var jobTurnsLeft = 0
        fileprivate var isJobRunning = false
        fileprivate var answer: Answer?
        /// The bytes that the session was last given to understand.
        fileprivate var collected: [UInt8] = []
        /// The replies, as far as the client has read them.
        public fileprivate(set) var received: [UInt8] = []
        public fileprivate(set) var isClosed = false
        /// The most bytes that one turn added to the replies.
        public fileprivate(set) var replyBytesMax = 0

        fileprivate init(_ session: Session) { self.session = session }

        fileprivate var waiting: Int { output.count - drained }

        /// Where in the replies each turn that added to them left off, and what was being served then.
        fileprivate(set) var produced: [(end: Int, epoch: Int)] = []

        /// Sends more, after all it has sent so far.
        public func send(_ bytes: [UInt8]) { unsent += bytes }

        /// What was being served, as ``SessionDriver/epoch`` tells it, when the reply that ends at `offset` was made.
        func epoch(ofReplyEndingAt offset: Int) -> Int? { produced.first { $0.end >= offset }?.epoch }
    }

    /// Whether the control has answered.
    fileprivate final class Answer: Sendable {
        let hasCome = Atomic<Bool>(false)
    }

    public let context: SessionContext
    public let clients: [Client]
    public private(set) var turns = 0
    /// How often other versions have been swapped in.
    public private(set) var epoch = 0
    /// Called before each turn, with its number.
    public var beforeTurn: ((Int) -> Void)?
    /// In nanoseconds: a microsecond a turn.
    public var time: UInt64 = 1_000_000
    private let plan = ReplyPlan()
    private var replies = ReplyWriter()
    private let pace: Pace
    private var random: SeededRandom

    public init(
        _ versions: [DatasetVersion], clientCount: Int = 1, pace: Pace = .prompt,
        limits: RequestParser.Limits = RequestParser.Limits(), replyBytesMax: Int = 64 << 20,
        control: (any DatasetControl)? = nil
    ) {
        let server = ServerState(
            table: .standard, catalog: Catalog(names: versions.map(\.id), versions: versions),
            configuration: [("port", "6379")], replyBytesMax: replyBytesMax, facts: { ServerFacts() })
        server.control = control
        let context = SessionContext(server: server, metrics: LoopMetrics(), versions: versions, seed: 1)
        self.context = context
        self.pace = pace
        random = SeededRandom(seed: pace.seed)
        clients = (1...clientCount).map { Client(Session(id: $0, context: context, limits: limits)) }
        for id in 1...clientCount { server.directory.add(id, at: ClientDirectory.Place(loop: 0, token: UInt64(id))) }
        context.onRedirectedInvalidation = { [unowned self] place in
            let client = clients[Int(place.token) - 1]
            if !client.isClosed { client.session.takeInvalidation() }
        }
    }

    /// Has other versions served from the next turn on, as a loop does it between two turns.
    public func swap(to versions: [DatasetVersion]) {
        context.versions = versions
        epoch += 1
        for client in clients where !client.isClosed { client.session.invalidateCache() }
    }

    /// Serves until nobody can go on: all is answered and read.
    ///
    /// - Returns: False if there was no end in sight after a great many turns.
    public func run(turnsMax: Int = 1_000_000) -> Bool {
        for _ in 0..<turnsMax {
            guard clients.contains(where: canGoOn) else { return true }
            turn()
        }
        return false
    }

    /// Publishes another version of one dataset, and has it served.
    public func publish(_ version: DatasetVersion, in database: Int) {
        _ = context.server.catalog.publish(version, in: database)
        swap(to: context.server.catalog.versions)
    }

    /// Passes a message on to those that subscribe to its channel.
    public func announce(_ message: [UInt8], on channel: [UInt8]) {
        for client in clients where !client.isClosed { _ = client.session.take(channel: channel, message: message) }
    }

    /// Has a client leave, whatever it waits for.
    public func disconnect(_ client: Client) {
        guard !client.isClosed else { return }
        if case .job(let job) = client.session.need { job.cancel() }
        client.isClosed = true
        context.server.directory.remove(client.session.id)
        (client.output, client.drained) = ([], 0)
    }

    private func canGoOn(_ client: Client) -> Bool {
        if client.waiting > 0 { return true }
        guard !client.isClosed else { return false }
        switch client.session.need {
        case .job, .drain: return true
        case .nothing: return client.session.isRunnable || client.session.isEnding || client.sent < client.unsent.count
        }
    }

    /// One turn of the loop, as the server does it.
    public func turn() {
        beforeTurn?(turns)
        turns += 1
        context.now = time
        var batch: [(client: Client, steps: Range<Int>)] = []
        for client in clients.shuffled(using: &random) {
            drain(client)
            guard !client.isClosed, pace.skipsOneIn == 0 || !random.oneIn(pace.skipsOneIn) else { continue }
            if let steps = serve(client) { batch.append((client, steps)) }
        }
        plan.lookUpResident()
        for (client, steps) in batch {
            client.session.answer(plan, steps: steps, into: &replies)
            deliver(to: client)
        }
        time += 1_000
        if let slow = context.endBatch(at: time, time - 600, time - 200) {
            let client = batch.count == 1 ? batch[0].client : nil
            let input = client?.collected ?? []
            context.note(slow, plan, of: client?.session, input: input.span)
        }
        plan.removeAll()
        plan.dropViews { version in context.versions.contains { $0 === version } }
    }

    private func serve(_ client: Client) -> Range<Int>? {
        let session = client.session
        switch session.need {
        case .job(let job):
            if pace.readsAhead { keepMore(client) }
            runSlice(of: job, for: client)
            return nil
        case .drain:
            if pace.readsAhead { keepMore(client) }
            return client.waiting <= Session.outputBytesSoftMax / 2 ? session.resume(into: plan) : nil
        case .nothing:
            guard client.waiting <= Session.outputBytesSoftMax else { return nil }
            client.collected = []
            if session.isRunnable { return session.collect(Span(), into: plan) }
            if session.isEnding {
                client.isClosed = true
                return nil
            }
            let piece = nextPiece(of: client)
            client.collected = piece
            return piece.isEmpty ? nil : session.collect(piece.span, into: plan)
        }
    }

    private func nextPiece(of client: Client) -> [UInt8] {
        let left = client.unsent.count - client.sent
        guard left > 0 else { return [] }
        let count = random.pick(1...min(left, pace.readBytesMax))
        let isWhole = pace.readBytesMax == Int.max && !random.oneIn(4)
        let end = client.sent + (isWhole ? left : count)
        defer { client.sent = end }
        // An array of its own, so that the address sanitizer sees a read past its end.
        return Array(client.unsent[client.sent..<end])
    }

    private func keepMore(_ client: Client) {
        let piece = nextPiece(of: client)
        if !piece.isEmpty { client.session.keep(piece.span) }
    }

    private func runSlice(of job: any SessionJob, for client: Client) {
        if !client.isJobRunning {
            client.isJobRunning = true
            client.jobTurnsLeft = random.pick(0...pace.jobTurnsMax)
        }
        guard client.jobTurnsLeft == 0 else {
            client.jobTurnsLeft -= 1
            return
        }
        let isFinished =
            if let job = job as? ClientVisitJob {
                visitClients(for: job)
            } else if let job = job as? DatasetJob {
                isAnswered(for: client) { answered in job.start { _ in answered() } }
            } else if let job = job as? SettingsJob {
                isAnswered(for: client) { answered in job.start { _ in answered() } }
            } else {
                job.runSlice()
            }
        guard isFinished else { return }
        client.isJobRunning = false
        client.session.complete(job, into: &replies)
        deliver(to: client)
    }

    /// Hands a job to the control once, and asks each turn whether it has answered.
    private func isAnswered(for client: Client, start: (@escaping @Sendable () -> Void) -> Void) -> Bool {
        if client.answer == nil {
            let answer = Answer()
            client.answer = answer
            start { answer.hasCome.store(true, ordering: .relaxed) }
        }
        guard client.answer?.hasCome.load(ordering: .relaxed) == true else { return false }
        client.answer = nil
        return true
    }

    private func visitClients(for job: ClientVisitJob) -> Bool {
        for client in clients where !client.isClosed {
            let session = client.session
            let isWanted = job.filter.includes(
                id: session.id, kind: session.kind, username: session.username, ageSeconds: 0
            ) { ("", "") }
            guard isWanted else { continue }
            switch job.purpose {
            case .describe: job.add([facts(of: client)])
            case .kill:
                job.countKilled(id: session.id)
                if session.id != job.askerID { client.isClosed = true }
            }
        }
        return job.endLoop(of: 1)
    }

    private func facts(of client: Client) -> ClientFacts {
        var facts = client.session.facts
        // The one fact that depends on the pace.
        facts.inputBytes = 0
        return facts
    }

    private func deliver(to client: Client) {
        let bytes = unsafe replies.output.withUnsafeBytes { unsafe Array($0) }
        replies.output.removeAll()
        client.replyBytesMax = max(client.replyBytesMax, bytes.count)
        client.output += bytes
        if !bytes.isEmpty { client.produced.append(((client.produced.last?.end ?? 0) + bytes.count, epoch)) }
    }

    private func drain(_ client: Client) {
        let end = client.drained + min(client.waiting, pace.drainBytes)
        client.received += client.output[client.drained..<end]
        client.drained = end
        if client.drained == client.output.count { (client.output, client.drained) = ([], 0) }
    }
}
