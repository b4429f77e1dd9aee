import Bytes
import Datasets
import RESP
import Storage
import Synchronization

/// `DATASET RANGE` and `DATASET PREFIX`: a page of rows in key order.
final class RangeJob: ReplyJob {
    private struct State: ~Copyable {
        var elements: ReplyWriter
        var rowCount = 0
        /// Where the next slice goes on.
        var position: [UInt8]
        /// The first key that found no place; `nil` while there may be none.
        var next: [UInt8]?
        /// Whether the page is full, or the range at its end.
        var isFinished = false
        var failure: Failure?
        /// Memory for rows on their way from the engine.
        var page = RowPage()
    }

    private enum Failure {
        case engine(EngineError)
        case tooLong
    }

    private let wish: RangeRequest
    private let version: DatasetVersion
    private let replyBytesMax: Int
    private let protocolVersion: ProtocolVersion
    private let state: Mutex<State>
    private let isCancelled = Atomic<Bool>(false)

    /// - Precondition: The engine of `version` is ordered.
    init(_ wish: RangeRequest, in version: DatasetVersion, replyBytesMax: Int, protocolVersion: ProtocolVersion) {
        self.wish = wish
        self.version = version
        self.replyBytesMax = replyBytesMax
        self.protocolVersion = protocolVersion
        state = Mutex(State(elements: ReplyWriter(version: protocolVersion), position: wish.start))
    }

    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    func runSlice() -> Bool {
        guard !isCancelled.load(ordering: .relaxed) else { return true }
        return state.withLock { state in
            do throws(EngineError) {
                if wish.form == .keys { try readKeys(&state) } else { try readRows(&state) }
            } catch {
                state.failure = .engine(error)
            }
            guard state.failure == nil else {
                state.elements.output.release()
                return true
            }
            return state.isFinished
        }
    }

    /// Reads no values, which may be large.
    private func readKeys(_ state: inout State) throws(EngineError) {
        // One more than there is place for, as its key tells where to go on.
        let limit = min(Self.sliceKeysMax, wish.countMax - state.rowCount + 1)
        let next = try version.engine.scan(from: .key(state.position), limit: limit) { key in
            add(key, Span(), to: &state)
        }
        if case .key(let key) = next { state.position = key } else { state.isFinished = true }
    }

    private func readRows(_ state: inout State) throws(EngineError) {
        let walk = try version.engine.makeRowWalk(from: .key(state.position), over: .fewRows)
        for _ in 0..<Self.slicePagesMax where !state.isFinished {
            try walk.readRows(into: &state.page, limit: wish.countMax - state.rowCount + 1)
            let count = state.page.count
            guard count > 0 else {
                state.isFinished = true
                return
            }
            // Out of the state, which the rows are added to.
            var page = RowPage()
            swap(&page, &state.page)
            for index in 0..<count where !state.isFinished { add(page[keyAt: index], page[valueAt: index], to: &state) }
            state.position = page[keyAt: count - 1].copied() + [0]
            swap(&page, &state.page)
        }
    }

    private func add(_ key: Span<UInt8>, _ value: Span<UInt8>, to state: inout State) {
        guard !state.isFinished else { return }
        if let end = wish.end, key.compare(end.span) >= 0 {
            state.isFinished = true
            return
        }
        let byteCount = state.elements.output.count + key.count + value.count
        let isFull = byteCount > min(Self.pageBytesMax, replyBytesMax)
        guard state.rowCount < wish.countMax, !isFull || state.rowCount == 0 else {
            state.next = key.copied()
            state.isFinished = true
            return
        }
        guard byteCount <= replyBytesMax else {
            state.failure = .tooLong
            state.isFinished = true
            return
        }
        state.rowCount += 1
        if wish.form == .rows, protocolVersion == .resp3 { state.elements.array(count: 2) }
        if wish.form != .values { state.elements.bulk(key) }
        if wish.form != .keys { state.elements.bulk(value) }
    }

    var damage: (failure: EngineError, version: DatasetVersion)? {
        state.withLock { state in
            if case .engine(let failure) = state.failure { (failure, version) } else { nil }
        }
    }

    func appendReply(to output: inout ReplyWriter) {
        state.withLock { state in
            switch state.failure {
            case .engine: output.error(ErrorReply.damagedWalk)
            case .tooLong: output.error("ERR a row is longer than \(replyBytesMax) bytes, use GET")
            case nil:
                output.array(count: 2)
                if let next = state.next { output.bulk(next.span) } else { output.null() }
                let isFlat = wish.form == .rows && protocolVersion == .resp2
                output.array(count: isFlat ? state.rowCount * 2 : state.rowCount)
                output.output.append(state.elements.output.span)
            }
        }
    }

    /// A reply ends with the row before the one that would make it longer, and has one row at least; more would keep
    /// the loop that sends it from others.
    private static let pageBytesMax = 1 << 20
    /// Keys visited between two looks at the queue of the readers: about a millisecond.
    private static let sliceKeysMax = 4_096
    /// Pages of the engine, of some hundred KiB each, read in a slice.
    private static let slicePagesMax = 4
}
