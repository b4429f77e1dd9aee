import Platform
import Synchronization

/// Counts the loops that have yet to take over what was published.
final class Adoption: Sendable {
    private let missing: Atomic<Int>
    private let waker: Waker

    /// - Parameters:
    ///   - loopCount: How many must arrive.
    ///   - waker: Woken by the last of them.
    init(loopCount: Int, waker: Waker) {
        missing = Atomic(loopCount)
        self.waker = waker
    }

    var isComplete: Bool { missing.load(ordering: .acquiring) == 0 }

    /// Called once by each loop, or for one that has ended.
    func arrive() {
        if missing.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { waker.wake() }
    }
}
