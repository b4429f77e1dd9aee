import Commands
import Platform
import Synchronization
import Tracing

/// The threads that may wait for the disk, so that no loop ever does.
final class ReaderPool: Sendable {
    /// A job, and the loop and connection that wait for it.
    struct Task: Sendable {
        let job: any SessionJob
        let loop: LoopMailbox
        let connection: Epoll.Token
        /// When it was handed over, or put back after its latest slice; in nanoseconds of the monotonic clock.
        var queuedAt = Clock.monotonicNanoseconds()
        /// How long it has waited for readers, and been worked on, so far.
        var times = JobTimes()
    }

    private let queue: BlockingQueue<Task>
    /// Readers that have a job in hand.
    private let busy = Atomic<Int>(0)

    /// - Parameter queueMax: Jobs that may wait for a thread; connections whose job does not fit wait.
    init(queueMax: Int) {
        queue = BlockingQueue(countMax: queueMax)
    }

    /// Starts `count` threads, which run until ``close()``.
    func start(count: Int, _ tracer: Tracer) throws(SystemError) -> [Thread] {
        var threads: [Thread] = []
        for index in 0..<count {
            let track = tracer.makeTrack("reader-\(index)")
            threads.append(try Thread(name: "reader-\(index)") { [self] in work(tracer, track) })
        }
        return threads
    }

    /// Hands a job over; false where the queue is full: try again when a job has come back.
    func submit(_ task: Task) -> Bool { queue.push(task) }

    var waitingCount: Int { queue.count }

    /// Whether no job waits or runs; lasting once no loop is left to bring one.
    var isIdle: Bool { queue.count == 0 && busy.load(ordering: .relaxed) == 0 }

    func close() { queue.close() }

    private func work(_ tracer: Tracer, _ track: TraceTrack) {
        while var task = queue.pop() {
            busy.add(1, ordering: .relaxed)
            defer { busy.subtract(1, ordering: .relaxed) }
            let start = Clock.monotonicNanoseconds()
            let isFinished = task.job.runSlice()
            let end = Clock.monotonicNanoseconds()
            let waited = Clock.nanoseconds(from: task.queuedAt, to: start)
            task.times.waitedNanoseconds &+= waited
            task.times.workedNanoseconds &+= end - start
            if tracer.isArmed {
                let name = tracer.number(of: "\(type(of: task.job))")
                track.add(TraceEvent(.job, from: start, to: end, name, Int(waited)))
            }
            task.queuedAt = end
            if isFinished {
                task.loop.post(.finished(task.job, task.connection, task.times))
            } else if !queue.push(task, isBounded: false) {
                return  // Closed in the middle of a long walk: nobody waits for it any more.
            }
        }
    }
}
