internal import Bytes
internal import Platform
internal import Synchronization

/// The part of building a packed version that one thread of several does: some neighbouring segments.
final class SegmentJob: Sendable {
    private let index: Int
    private let segments: Range<Int>
    private let options: PackedBuildOptions
    private let output: String
    private let runs: String
    private let memoryBytes: Int
    private let duplicates: DuplicateRule
    /// Hears of this job's index when it has ended.
    private let ended: BlockingQueue<Int>

    /// Rows to take: each behind its ``RowHeader``, with a ``PlacedKey``.
    private let full = BlockingQueue<[UInt8]>(countMax: batchCount)
    /// Memory to put rows into; there is only so much of it, which is what holds back the thread that reads.
    private let empty = BlockingQueue<[UInt8]>(countMax: batchCount)
    private let isCancelled = Atomic(false)
    private let written = Atomic(0)
    private let outcome = Mutex<Result<WrittenRows, BuildError>?>(nil)

    /// Small enough that the allocator keeps them at hand, large enough that handing them over costs nothing.
    static let batchByteCount = 64 << 10
    static let countMax = 256
    /// How long the building thread waits for others before it looks whether the build should stop.
    static let waitNanoseconds: UInt64 = 100_000_000
    private static let batchCount = 8

    init(
        _ index: Int, _ segments: Range<Int>, _ options: PackedBuildOptions, output: String, runs: String,
        memoryBytes: Int, duplicates: DuplicateRule, ended: BlockingQueue<Int>
    ) {
        self.index = index
        self.segments = segments
        self.options = options
        self.output = output
        self.runs = runs
        self.memoryBytes = memoryBytes
        self.duplicates = duplicates
        self.ended = ended
        for _ in 0..<Self.batchCount { _ = empty.push([]) }
    }

    // MARK: For the building thread

    var rowsWritten: Int { written.load(ordering: .relaxed) }

    /// Hands over `rows`, and waits while the job has enough to do.
    func take(_ rows: borrowing ByteBuffer, monitor: BuildMonitor) throws(BuildError) {
        while true {
            guard var batch = empty.pop(until: Clock.monotonicNanoseconds() + Self.waitNanoseconds) else {
                try throwFailure()
                try monitor.update { _ in }
                continue
            }
            batch.removeAll(keepingCapacity: true)
            unsafe rows.withUnsafeBytes { unsafe batch.append(contentsOf: $0) }
            _ = full.push(batch)
            return
        }
    }

    /// Says that there are no more rows, and lets the job write.
    func endRows() { full.close() }

    /// What the job has done; to be asked when it has ended.
    func result() throws(BuildError) -> WrittenRows {
        guard let outcome = outcome.withLock({ $0 }) else { preconditionFailure("a job has an end") }
        return try outcome.get()
    }

    private func throwFailure() throws(BuildError) {
        if case .failure(let error) = outcome.withLock({ $0 }) { throw error }
    }

    func cancel() {
        isCancelled.store(true, ordering: .relaxed)
        full.close()
    }

    // MARK: For the job's own thread

    /// Takes all rows and writes the segments.
    func run() {
        let outcome: Result<WrittenRows, BuildError>
        do throws(BuildError) {
            outcome = .success(try work())
        } catch {
            outcome = .failure(error)
        }
        self.outcome.withLock { $0 = outcome }
        _ = ended.push(index)
    }

    private func work() throws(BuildError) -> WrittenRows {
        let checkpoints = Checkpoints { (rows) throws(BuildError) in
            self.written.add(rows, ordering: .relaxed)
            try self.throwIfCancelled()
        }
        var rows = SegmentRows(
            segments, options, runs: runs, memoryBytes: memoryBytes, duplicates: duplicates, checkpoints: checkpoints)
        while let batch = full.pop() {
            let bytes = batch.span
            var start = 0
            while start < bytes.count {
                let end = start + RowHeader(bytes, at: start).rowByteCount
                try rows.add(row: bytes.extracting(start..<end))
                start = end
            }
            try throwIfCancelled()
            _ = empty.push(batch)
        }
        try throwIfCancelled()
        return try rows.write(to: output)
    }

    private func throwIfCancelled() throws(BuildError) {
        // Nobody hears of this: whoever cancels has an error of their own.
        if isCancelled.load(ordering: .relaxed) { throw BuildError(.inputOutput, "cancelled") }
    }
}

/// A job's thread, and the rows that it has yet to be given; belongs to the building thread.
final class SegmentJobFeed {
    let job: SegmentJob
    private let thread: Thread
    private var rows = ByteBuffer()

    /// Starts the thread.
    init(_ job: SegmentJob) throws(BuildError) {
        self.job = job
        do throws(SystemError) {
            thread = try Thread(name: "build") { job.run() }
        } catch {
            throw BuildError(.inputOutput, "cannot start a thread: \(error.reason); try fewer --jobs")
        }
    }

    @inline(__always) func add(
        _ place: PlacedKey, key: Span<UInt8>, value: Span<UInt8>, origin: RowOrigin, monitor: BuildMonitor
    ) throws(BuildError) {
        RowHeader(keyCount: PlacedKey.placeByteCount + key.count, valueCount: value.count, origin: origin)
            .append(to: &rows)
        place.append(with: key, to: &rows)
        rows.append(value)
        if rows.count >= SegmentJob.batchByteCount { try handOver(monitor) }
    }

    func end(monitor: BuildMonitor) throws(BuildError) {
        try handOver(monitor)
        job.endRows()
    }

    /// Waits until the thread has returned; to be called once.
    func join() { thread.join() }

    private func handOver(_ monitor: BuildMonitor) throws(BuildError) {
        guard !rows.isEmpty else { return }
        try job.take(rows, monitor: monitor)
        rows.removeAll()
        // A huge row's memory goes back before the next one comes.
        if rows.capacity > 4 * SegmentJob.batchByteCount { rows.release() }
    }
}
