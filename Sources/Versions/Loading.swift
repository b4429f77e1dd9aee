internal import Platform
internal import Storage

/// Brings a version that is being served into memory, on a thread of its own, at low priority.
final class Loading: Sendable {
    enum Outcome: Sendable {
        case loaded(EngineResidency?, milliseconds: Int)
        case failed(EngineError)
        case cancelled
    }

    /// Tells one from another.
    let number: Int
    /// The version's id.
    let id: String
    let cancellation = SwapCancellation()
    private let thread: Thread

    /// Starts at once; `done` is called on the new thread when there is an outcome.
    init(
        _ engine: any Engine, id: String, database: Int, number: Int,
        done: @escaping @Sendable (_ number: Int, Outcome) -> Void
    ) throws(SystemError) {
        self.number = number
        self.id = id
        let cancellation = cancellation
        thread = try Thread(name: "load-\(database)") {
            Thread.lowerPriority()
            let start = Clock.monotonicNanoseconds()
            let outcome: Outcome
            do throws(EngineError) {
                try engine.load { !cancellation.isCancelled }
                let milliseconds = Int((Clock.monotonicNanoseconds() - start) / 1_000_000)
                outcome =
                    cancellation.isCancelled ? .cancelled : .loaded(engine.residency, milliseconds: milliseconds)
            } catch {
                outcome = .failed(error)
            }
            done(number, outcome)
        }
    }

    /// Waits for the thread, which has called `done` or is about to; to be called exactly once.
    func join() { thread.join() }
}
