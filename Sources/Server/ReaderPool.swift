import Commands
import Platform
import Synchronization

/// The threads that may wait for the disk, so that no loop ever does.
final class ReaderPool: Sendable {
    /// A job, and the loop and connection that wait for it.
    struct Task: Sendable {
        let job: any SessionJob
        let loop: LoopMailbox
        let connection: Epoll.Token
    }

    private let queue: BlockingQueue<Task>
    /// Readers that have a job in hand.
    private let busy = Atomic<Int>(0)

    /// - Parameter queueMax: Jobs that may wait for a thread; connections whose job does not fit wait.
    init(queueMax: Int) {
        queue = BlockingQueue(countMax: queueMax)
    }

    /// Starts `count` threads, which run until ``close()``.
    func start(count: Int) throws(SystemError) -> [Thread] {
        var threads: [Thread] = []
        for index in 0..<count {
            threads.append(try Thread(name: "reader-\(index)") { [self] in work() })
        }
        return threads
    }

    /// Hands a job over; false where the queue is full: try again when a job has come back.
    func submit(_ task: Task) -> Bool { queue.push(task) }

    var waitingCount: Int { queue.count }

    /// Whether no job waits or runs; lasting once no loop is left to bring one.
    var isIdle: Bool { queue.count == 0 && busy.load(ordering: .relaxed) == 0 }

    func close() { queue.close() }

    private func work() {
        while let task = queue.pop() {
            busy.add(1, ordering: .relaxed)
            defer { busy.subtract(1, ordering: .relaxed) }
            if task.job.runSlice() {
                task.loop.post(.finished(task.job, task.connection))
            } else if !queue.push(task, isBounded: false) {
                return  // Closed in the middle of a long walk: nobody waits for it any more.
            }
        }
    }
}
