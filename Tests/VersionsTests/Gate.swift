import Platform
import Synchronization

/// Holds threads up until it is opened, or for a minute, so that a failed test ends.
final class Gate: Sendable {
    private let queue = BlockingQueue<Int>(countMax: 1)
    private let waiting = Atomic<Int>(0)

    /// How many threads the gate holds up now.
    var waitingCount: Int { waiting.load(ordering: .acquiring) }

    func open() { queue.close() }

    func wait() {
        waiting.add(1, ordering: .acquiringAndReleasing)
        _ = queue.pop(until: Clock.monotonicNanoseconds() + 60_000_000_000)
        waiting.subtract(1, ordering: .acquiringAndReleasing)
    }
}

/// Asks again and again until `condition` holds, for a minute at most.
///
/// - Returns: Whether it came to hold.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = Clock.monotonicNanoseconds() + 60_000_000_000
    while try !condition() {
        guard Clock.monotonicNanoseconds() < deadline else { return false }
        Thread.sleep(nanoseconds: 1_000_000)
    }
    return true
}
