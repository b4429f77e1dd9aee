internal import Synchronization

/// A number that several threads add to.
final class SharedCount: Sendable {
    private let count = Atomic<Int>(0)

    /// Adds, and tells what it comes to.
    func add(_ number: Int) -> Int { count.add(number, ordering: .relaxed).newValue }
}
