import Bytes
import RESP
import Synchronization

/// A look at every connection of the server: each loop adds what it finds, the last one ends the job.
///
/// Loops visit a few connections a turn, and readers write the text, so that neither a list of many thousand
/// connections nor the end of as many holds anybody up.
public final class ClientVisitJob: ReplyJob {
    public enum Purpose: Sendable, Equatable {
        /// `CLIENT LIST` and `CLIENT INFO`.
        case describe
        /// `CLIENT KILL`, whose older form tells not how many, but whether there was one.
        case kill(countsThem: Bool)
    }

    private struct State: ~Copyable {
        /// A part for each visit, to be joined where nobody waits for it.
        var found: [[ClientFacts]] = []
        /// ``found``, by id, as far as it is not in ``text`` yet; from the last to the first.
        var unwritten: [ClientFacts]?
        var text = ByteBuffer()
        var killedCount = 0
        var isAskerKilled = false
        var loopsMissing: Int?
    }

    public let filter: ClientFilter
    public let purpose: Purpose
    /// The connection that asks.
    public let askerID: Int
    private let state = Mutex(State())

    init(_ filter: ClientFilter, _ purpose: Purpose, askerID: Int) {
        self.filter = filter
        self.purpose = purpose
        self.askerID = askerID
    }

    /// Whether only the connection that asks is wanted, so that nobody else needs to be looked at.
    public var isAboutAsker: Bool { purpose == .describe && filter.ids == [askerID] }

    /// Adds connections that ``filter`` includes; for any loop.
    public func add(_ clients: [ClientFacts]) {
        guard !clients.isEmpty else { return }
        state.withLock { $0.found.append(clients) }
    }

    /// Counts a connection that is being closed, or, for the one that asks, will be once it has its reply.
    public func countKilled(id: Int) {
        state.withLock { state in
            state.killedCount += 1
            if id == askerID { state.isAskerKilled = true }
        }
    }

    /// Says that one loop of `loopCount` has nothing to add any more; true for the last.
    public func endLoop(of loopCount: Int) -> Bool {
        state.withLock { state in
            let missing = (state.loopsMissing ?? loopCount) - 1
            state.loopsMissing = missing
            return missing == 0
        }
    }

    /// Whether the reply is so long that it had better be written by a reader.
    public var isLong: Bool {
        state.withLock { $0.found.reduce(0) { $0 + $1.count } > Self.linesAtOnceMax }
    }

    /// Writes some lines of the reply.
    public func runSlice() -> Bool {
        state.withLock { state in
            if state.unwritten == nil { state.unwritten = state.found.joined().sorted { $0.id > $1.id } }
            for _ in 0..<Self.linesAtOnceMax {
                guard let client = state.unwritten?.popLast() else { return true }
                state.text.append(client.line)
                state.text.append(UInt8(ascii: "\n"))
            }
            return state.unwritten?.isEmpty ?? true
        }
    }

    public var endsSession: Bool { state.withLock { $0.isAskerKilled } }

    func appendReply(to output: inout ReplyWriter) {
        switch purpose {
        case .describe:
            while !runSlice() {}
            state.withLock { output.verbatim($0.text.span) }
        case .kill(countsThem: true): output.integer(state.withLock { $0.killedCount })
        case .kill(countsThem: false):
            if state.withLock({ $0.killedCount }) > 0 { output.ok() } else { output.error(ErrorReply.noSuchClient) }
        }
    }

    private static let linesAtOnceMax = 256
}
