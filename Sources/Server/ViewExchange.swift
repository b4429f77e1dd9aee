import Commands
import Datasets
import Synchronization

/// Views on their way between the control thread and one loop.
///
/// Any thread. Neither side waits for the other: the lock is held to move references, and nothing ends under it.
final class ViewExchange: Sendable {
    private struct State {
        /// For the loop, by database number.
        var offered: [Int: PreparedView] = [:]
        /// For the control thread.
        var retired: [PreparedView] = []
    }

    private let state = Mutex(State())

    /// Leaves a view for the loop to take once its version is current.
    func offer(_ view: PreparedView, in database: Int) {
        state.withLock { state in
            // The loop has not taken the one before, and need not any more.
            if let missed = state.offered.updateValue(view, forKey: database) { state.retired.append(missed) }
        }
    }

    /// The views offered of these versions; others stay until theirs is current.
    func take(of versions: [DatasetVersion]) -> [VersionView] {
        let taken = state.withLock { state in
            var taken: [PreparedView] = []
            for (database, view) in state.offered where versions[database] === view.version {
                taken.append(view)
                state.offered[database] = nil
            }
            return taken
        }
        return taken.compactMap { $0.take() }
    }

    /// Leaves a view that the loop needs no more.
    func retire(_ view: VersionView) {
        let retired = PreparedView(retiring: view)
        state.withLock { $0.retired.append(retired) }
    }

    /// What the loop has left, to be dropped by the caller.
    func takeRetired() -> [PreparedView] {
        state.withLock { state in
            let taken = state.retired
            state.retired = []
            return taken
        }
    }
}
