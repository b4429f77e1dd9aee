import Logging
import Platform
import ServerMetrics
import Synchronization

/// Gives memory back to the kernel once clients that held much have gone or have read it.
///
/// The allocator keeps what lies between pieces that are in use, which after a crowd is most of it. On a thread of its
/// own, and never while loops are busy with much: it takes the allocator's locks for some milliseconds, during which
/// look-ups go on, as they allocate nothing.
final class MemoryReturn: Sendable {
    private let group: LoopGroup
    private let logger: Logger
    private let release: @Sendable () -> Void
    private let isStopping = Atomic<Bool>(false)
    /// Nothing is ever in it; closing it ends a pause.
    private let pauses = BlockingQueue<Void>(countMax: 1)
    private let thread = Mutex<Thread?>(nil)

    init(_ group: LoopGroup, _ logger: Logger, release: @escaping @Sendable () -> Void) {
        self.group = group
        self.logger = logger
        self.release = release
    }

    /// Begins to look each second; to be called once.
    func start() throws(SystemError) {
        let started = try Thread(name: "memory") { [self] in
            var watch = Watch()
            while !isStopping.load(ordering: .acquiring) {
                if watch.isDue(afterPeakOf: group.takeHeldBytesPeak()) { giveBack() }
                _ = pauses.pop(until: Clock.monotonicNanoseconds() + 1_000_000_000)
            }
        }
        thread.withLock { $0 = started }
    }

    func stop() {
        isStopping.store(true, ordering: .releasing)
        pauses.close()
        thread.withLock { $0.take() }?.join()
    }

    private func giveBack() {
        let started = Clock.monotonicNanoseconds()
        release()
        let milliseconds = (Clock.monotonicNanoseconds() - started) / 1_000_000
        logger.info("memory that clients held is given back", metadata: ["milliseconds": "\(milliseconds)"])
    }

    /// Whether it is worth the while, by how much was held in each second.
    struct Watch {
        /// The most that was held since memory was last given back.
        private var highest = 0
        /// For how long what is held has been far below that.
        private var quietSeconds = 0

        /// - Parameter peak: The most that was held in the second that is over, in bytes.
        /// - Returns: Whether to give memory back now; what is held then is where it starts again.
        mutating func isDue(afterPeakOf peak: Int) -> Bool {
            highest = max(highest, peak)
            quietSeconds = highest - peak > Self.fallBytes ? quietSeconds + 1 : 0
            guard quietSeconds >= Self.quietSecondsMin else { return false }
            (highest, quietSeconds) = (peak, 0)
            return true
        }

        /// Less is soon used again, and is nothing beside a dataset.
        static let fallBytes = 32 << 20
        /// Crowds come again, and would have to get all their memory from the kernel anew.
        static let quietSecondsMin = 5
    }
}
