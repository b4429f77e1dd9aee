import Commands
import Platform
import ServerMetrics
import Synchronization

/// The threads that may wait for the disk, so that no loop ever does.
final class ReaderPool: Sendable {
    /// A job, and the loop and connection that wait for it.
    struct Task: Sendable {
        let job: any SessionJob
        let loop: LoopMailbox
        let connection: Epoll.Token
        /// When the job was ready for a reader, in nanoseconds of the monotonic clock.
        var readyAt = Clock.monotonicNanoseconds()
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

    /// Starts the threads, which run until ``close()``.
    func start() throws(SystemError) -> [Thread] {
        var threads: [Thread] = []
        for (index, metrics) in metrics.enumerated() {
            threads.append(try Thread(name: "reader-\(index)") { [self] in work(counting: metrics) })
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

    private func work(counting metrics: ReaderMetrics) {
        while var task = queue.pop() {
            busy.add(1, ordering: .relaxed)
            defer { busy.subtract(1, ordering: .relaxed) }
            let startedAt = Clock.monotonicNanoseconds()
            metrics.waits.add(each: Clock.nanoseconds(from: task.readyAt, to: startedAt))
            let isFinished = task.job.runSlice()
            let endedAt = Clock.monotonicNanoseconds()
            let work = task.job.isDiskRead ? metrics.diskReads : metrics.otherWork
            work.add(each: endedAt - startedAt)
            task.readyAt = endedAt
            if isFinished {
                task.loop.post(.finished(task.job, task.connection))
            } else if !queue.push(task, isBounded: false) {
                return  // Closed in the middle of a long walk: nobody waits for it any more.
            }
        }
    }
}
