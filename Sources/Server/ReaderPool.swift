import Commands
import Platform
import ServerMetrics
import Synchronization
import Tracing

/// The threads that may wait for the disk, so that no loop ever does.
final class ReaderPool: Sendable {
    /// A job, and the loop and connection that wait for it.
    struct Task: Sendable {
        let job: any SessionJob
        let loop: LoopMailbox
        let connection: Epoll.Token
        /// When the job was ready for a reader, in nanoseconds of the monotonic clock.
        var readyAt = Clock.monotonicNanoseconds()
        /// How long it has waited for readers, and been worked on, so far.
        var times = JobTimes()
    }

    private let queue: BlockingQueue<Task>
    /// Readers that have a job in hand.
    private let busy = Atomic<Int>(0)
    /// One a reader.
    let metrics: [ReaderMetrics]

    /// - Parameters:
    ///   - count: Threads that ``start()`` starts; at least 1.
    ///   - queueMax: Jobs that may wait for a thread; connections whose job does not fit wait.
    init(count: Int, queueMax: Int) {
        queue = BlockingQueue(countMax: queueMax)
        metrics = (0..<count).map { _ in ReaderMetrics() }
    }

    /// Starts the threads, which note what they do for `tracer`, and run until ``close()``.
    func start(_ tracer: Tracer) throws(SystemError) -> [Thread] {
        var threads: [Thread] = []
        for (index, metrics) in metrics.enumerated() {
            let track = tracer.makeTrack("reader-\(index)")
            threads.append(
                try Thread(name: "reader-\(index)") { [self] in work(counting: metrics, tracer, track) })
        }
        return threads
    }

    /// Hands a job over; false where the queue is full: try again when a job has come back.
    func submit(_ task: Task) -> Bool { queue.push(task) }

    var waitingCount: Int { queue.count }

    var busyCount: Int { busy.load(ordering: .relaxed) }

    /// Whether no job waits or runs; lasting once no loop is left to bring one.
    var isIdle: Bool { queue.count == 0 && busy.load(ordering: .relaxed) == 0 }

    func close() { queue.close() }

    private func work(counting metrics: ReaderMetrics, _ tracer: Tracer, _ track: TraceTrack) {
        while var task = queue.pop() {
            busy.add(1, ordering: .relaxed)
            defer { busy.subtract(1, ordering: .relaxed) }
            let startedAt = Clock.monotonicNanoseconds()
            let waited = Clock.nanoseconds(from: task.readyAt, to: startedAt)
            metrics.waits.add(each: waited)
            let isFinished = task.job.runSlice()
            let endedAt = Clock.monotonicNanoseconds()
            let work = task.job.isDiskRead ? metrics.diskReads : metrics.otherWork
            work.add(each: endedAt - startedAt)
            task.readyAt = endedAt
            task.times.waitedNanoseconds &+= waited
            task.times.workedNanoseconds &+= endedAt - startedAt
            if tracer.isArmed {
                let name = tracer.number(of: "\(type(of: task.job))")
                track.add(TraceEvent(.job, from: startedAt, to: endedAt, name, Int(waited)))
            }
            if isFinished {
                task.loop.post(.finished(task.job, task.connection, task.times))
            } else if !queue.push(task, isBounded: false) {
                return  // Closed in the middle of a long walk: nobody waits for it any more.
            }
        }
    }
}
