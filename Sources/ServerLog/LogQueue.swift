internal import Synchronization

/// Records on their way from any thread to the writer's, bounded in number and bytes.
///
/// Two arrays take turns: callers fill one while the writer empties the other, so the lock is held for an append or
/// a swap and for nothing else.
final class LogQueue: Sendable {
    /// What a full queue holds at most.
    struct Bounds: Sendable {
        var recordsMax = 16_384
        var bytesMax = 8 << 20
    }

    /// What the writer takes at once.
    struct Batch {
        var records: [LogRecord] = []
        /// Records that found the queue full, all of them later than ``records``.
        var droppedCount = 0
        /// Before which of ``records`` the file is to be opened again.
        var reopenIndex: Int?
        /// Who waits for this batch to be written.
        var waiters: [Signal] = []
        var isLast = false

        var isEmpty: Bool { records.isEmpty && droppedCount == 0 && reopenIndex == nil && waiters.isEmpty && !isLast }
    }

    private struct State {
        var batch = Batch()
        var byteCount = 0
        var isWriterIdle = false
        var isClosed = false
    }

    private let bounds: Bounds
    private let state = Mutex(State())
    private let arrival = Signal()
    private let droppedTotal = Atomic<Int>(0)

    init(bounds: Bounds) {
        self.bounds = bounds
        state.withLock { $0.batch.records.reserveCapacity(min(bounds.recordsMax, 1_024)) }
    }

    /// How many records were dropped since the start because the queue was full, and how many the output did not take.
    var droppedCount: Int { droppedTotal.load(ordering: .relaxed) }

    /// Counts records that were taken from the queue and are lost all the same; the writer's thread only.
    func count(lost: Int) { droppedTotal.add(lost, ordering: .relaxed) }

    /// Takes `record`, or counts it as dropped; never waits for the writer.
    func push(_ record: LogRecord) {
        let byteCount = record.byteCount
        change { state in
            guard state.batch.records.count < bounds.recordsMax, state.byteCount + byteCount <= bounds.bytesMax else {
                state.batch.droppedCount += 1
                droppedTotal.add(1, ordering: .relaxed)
                return
            }
            state.batch.records.append(record)
            state.byteCount += byteCount
        }
    }

    /// Has the file opened again before whatever is pushed from now on.
    func requestReopen() {
        change { $0.batch.reopenIndex = $0.batch.reopenIndex ?? $0.batch.records.count }
    }

    /// Has `waiter` set once everything pushed so far was written or given up.
    func notify(_ waiter: Signal) {
        let isClosed = change { state in
            if !state.isClosed { state.batch.waiters.append(waiter) }
            return state.isClosed
        }
        if isClosed { waiter.set() }
    }

    /// Lets the writer end after what was pushed so far.
    func close() {
        change { $0.batch.isLast = true }
    }

    private func change<Result: Sendable>(_ body: (inout sending State) -> sending Result) -> Result {
        let (result, mustWake) = state.withLock { state in
            let result = body(&state)
            let mustWake = state.isWriterIdle
            state.isWriterIdle = false
            return (result, mustWake)
        }
        // Outside the lock, and only when the writer sleeps: a system call that no other caller waits for.
        if mustWake { arrival.set() }
        return result
    }

    /// Waits for something to do and takes all of it, leaving `batch`'s memory to the callers.
    ///
    /// Called by the writer's thread only.
    func take(into batch: inout Batch) {
        batch.records.removeAll(keepingCapacity: true)
        batch = Batch(records: batch.records)
        while true {
            let isTaken = state.withLock { state in
                guard !state.batch.isEmpty else {
                    state.isWriterIdle = true
                    return false
                }
                swap(&state.batch, &batch)
                state.byteCount = 0
                if batch.isLast { state.isClosed = true }
                return true
            }
            if isTaken { return }
            arrival.wait()
        }
    }
}
