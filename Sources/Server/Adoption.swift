import Platform
import Synchronization

/// Counts the loops that have yet to take over what was published.
final class Adoption: Sendable {
    private let missing: Atomic<Int>
    private let completed = BlockingQueue<Void>(countMax: 1)

    /// - Parameter loopCount: How many must arrive; at least 1.
    init(loopCount: Int) {
        precondition(loopCount > 0)
        missing = Atomic(loopCount)
    }

    /// Called once by each loop, or for one that has ended.
    func arrive() {
        if missing.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { _ = completed.push(()) }
    }

    /// Waits until all have arrived, or until `deadline`, in nanoseconds of the monotonic clock.
    ///
    /// - Returns: Whether all have.
    @discardableResult func wait(until deadline: UInt64) -> Bool { completed.pop(until: deadline) != nil }
}
