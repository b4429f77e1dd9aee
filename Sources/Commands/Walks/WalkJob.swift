import Bytes
import Datasets
import RESP
import Storage
import Synchronization

/// `SCAN` and `KEYS`: a walk over the keys of one version.
final class WalkJob: ReplyJob {
    enum Form: Equatable {
        /// `SCAN`: from `cursor`, and at most this many keys are visited; another cursor tells where to go on.
        case page(cursor: UInt64, keysVisitedMax: Int)
        /// `KEYS`: all of them, and an error where they are more.
        case everything(countMax: Int)
    }

    private struct State: ~Copyable {
        var elements: ReplyWriter
        var elementCount = 0
        var visitsLeft: Int
        /// Where to go on; `nil` once the walk has reached the end.
        var position: ScanStart?
        /// Of the next page; 0 at the end.
        var cursor: UInt64 = 0
        var failure: Failure?
    }

    private enum Failure {
        case engine(EngineError)
        case tooLong
        case tooMany(countMax: Int)
    }

    private let version: DatasetVersion
    private let pattern: GlobPattern?
    private let form: Form
    private let server: ServerState
    private let state: Mutex<State>
    private let isCancelled = Atomic<Bool>(false)

    init(
        _ version: DatasetVersion, from start: ScanStart, matching pattern: GlobPattern?, form: Form,
        server: ServerState, protocolVersion: ProtocolVersion
    ) {
        self.version = version
        self.pattern = pattern
        self.form = form
        self.server = server
        let visits =
            switch form {
            case .page(_, let count): count
            case .everything: Int.max
            }
        state = Mutex(
            State(elements: ReplyWriter(version: protocolVersion), visitsLeft: visits, position: start))
    }

    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    func runSlice() -> Bool {
        guard !isCancelled.load(ordering: .relaxed) else { return true }
        return state.withLock { state in
            guard let position = state.position else { return true }
            do throws(EngineError) {
                let visits = min(sliceVisits, state.visitsLeft)
                let next = try version.engine.scan(from: position, limit: visits) { key in
                    guard pattern?.matches(key) ?? true else { return }
                    state.elements.bulk(key)
                    state.elementCount += 1
                }
                state.visitsLeft -= visits
                // In key order nothing can match behind the last key with the pattern's prefix.
                state.position = next
                if case .key(let key) = next, isBeyondPrefix(key) { state.position = nil }
            } catch {
                state.failure = .engine(error)
                return true
            }
            if case .everything(let countMax) = form, state.elementCount > countMax {
                state.failure = .tooMany(countMax: countMax)
            } else if state.elements.output.count > server.replyBytesMax {
                state.failure = .tooLong
            }
            if state.failure != nil {
                state.elements.output.release()
                return true
            }
            guard state.position == nil || state.visitsLeft == 0 else { return false }
            if case .page(let cursor, _) = form { state.cursor = nextCursor(after: cursor, at: state.position) }
            return true
        }
    }

    /// The cursor of the page that begins at `position`; 0 where there is none.
    private func nextCursor(after cursor: UInt64, at position: ScanStart?) -> UInt64 {
        switch position {
        case .position(let position): 2 * position
        case .key(let key): server.cursors.advance(from: cursor, to: key)
        case .beginning, nil: server.cursors.advance(from: cursor, to: nil)
        }
    }

    var damage: (failure: EngineError, version: DatasetVersion)? {
        state.withLock { state in
            if case .engine(let failure) = state.failure { (failure, version) } else { nil }
        }
    }

    /// Keys to visit in one slice: fewer where the pattern is long, as matching one takes time by its length.
    private var sliceVisits: Int {
        let cost = 1 + (pattern?.byteCount ?? 0) / Self.patternBytesPerVisit
        return max(Self.sliceVisitsMax / cost, 1)
    }

    private func isBeyondPrefix(_ key: [UInt8]) -> Bool {
        guard version.engine.isOrdered, let prefix = pattern?.prefix, !prefix.isEmpty else { return false }
        // A client may change the pattern in the middle of a walk, so the walk may still be before the prefix.
        return prefix.lexicographicallyPrecedes(key) && !key.starts(with: prefix)
    }

    func appendReply(to output: inout ReplyWriter) {
        state.withLock { state in
            switch state.failure {
            case .engine: output.error(ErrorReply.damagedWalk)
            case .tooLong: output.error("ERR the reply would be longer than \(server.replyBytesMax) bytes, use SCAN")
            case .tooMany(let countMax): output.error(ErrorReply.tooManyKeys(countMax))
            case nil:
                if case .page = form {
                    output.array(count: 2)
                    output.bulk(decimal: UInt(state.cursor))
                }
                output.array(count: state.elementCount)
                output.output.append(state.elements.output.span)
            }
        }
    }

    /// Keys visited between two looks at the queue of the readers: about a millisecond.
    private static let sliceVisitsMax = 4_096
    /// Bytes of a pattern that take about as long to match as visiting a key does.
    private static let patternBytesPerVisit = 64
}

/// `RANDOMKEY`.
final class RandomKeyJob: ReplyJob {
    private let version: DatasetVersion
    private let seed: UInt64
    private let reply: Mutex<ReplyWriter>
    private let failure = Mutex<EngineError?>(nil)

    init(_ version: DatasetVersion, seed: UInt64, protocolVersion: ProtocolVersion) {
        self.version = version
        self.seed = seed
        reply = Mutex(ReplyWriter(version: protocolVersion))
    }

    func runSlice() -> Bool {
        reply.withLock { reply in
            do throws(EngineError) {
                if try !version.engine.randomKey(seed: seed, { key in reply.bulk(key) }) { reply.null() }
            } catch {
                reply.error(ErrorReply.damagedWalk)
                failure.withLock { $0 = error }
            }
        }
        return true
    }

    var damage: (failure: EngineError, version: DatasetVersion)? {
        failure.withLock { $0 }.map { ($0, version) }
    }

    func appendReply(to output: inout ReplyWriter) {
        reply.withLock { output.output.append($0.output.span) }
    }
}
