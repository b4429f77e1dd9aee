private import Synchronization

/// How many requests of each command succeeded, as counters that never fall.
///
/// A request is counted when it is understood and its failure when its reply is made, in another turn where a reader
/// works on it; what lies between looks like a success that is taken back. For any thread.
final class SuccessCounts: Sendable {
    private let told = Mutex<[String: Int]>([:])

    /// The calls of a command that have not failed as far as is known; never less than what was told before.
    func count(of command: String, calls: Int, failedCalls: Int) -> Int {
        told.withLock { told in
            let count = max(told[command] ?? 0, calls - failedCalls)
            told[command] = count
            return count
        }
    }
}
