import SessionSupport
import Synchronization

/// Which versions have been served, told by the thread that swaps them and asked by all clients.
final class ServedVersions: Sendable {
    private struct State {
        var history = [[Int](repeating: 0, count: VersionedWorld.databaseCount)]
        var completed = 0
    }

    private let state = Mutex(State())

    /// A change of version begins: some loops may answer from it at once.
    ///
    /// - Returns: The new version's number.
    func begin(in database: Int) -> Int {
        state.withLock { state in
            var numbers = state.history[state.history.count - 1]
            numbers[database] += 1
            state.history.append(numbers)
            return numbers[database]
        }
    }

    /// Every loop has taken the latest change over, if that `isCertain`.
    func complete(isCertain: Bool) {
        state.withLock { if isCertain { $0.completed = $0.history.count - 1 } }
    }

    /// How many changes every loop has taken over.
    var completed: Int { state.withLock { $0.completed } }
    /// How many changes have begun.
    var begun: Int { state.withLock { $0.history.count - 1 } }
    var history: [[Int]] { state.withLock { $0.history } }
}
