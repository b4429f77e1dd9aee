internal import Commands
internal import Platform

/// How long each step of a swap took, in the order in which they came.
struct SwapPhases: Sendable {
    private(set) var phases: [(name: String, nanoseconds: UInt64)] = []
    private let startedAt = Clock.monotonicNanoseconds()
    private var current: (name: String, startedAt: UInt64)?
    /// Each step by itself, with when it began and ended, in nanoseconds of the monotonic clock.
    private(set) var spans: [(name: String, startedAt: UInt64, endedAt: UInt64)] = []

    /// Ends the step at hand and begins another; a name that comes again counts on.
    mutating func begin(_ name: String) {
        end()
        current = (name, Clock.monotonicNanoseconds())
    }

    mutating func end() {
        guard let current else { return }
        let now = Clock.monotonicNanoseconds()
        let taken = now - current.startedAt
        spans.append((current.name, current.startedAt, now))
        if let index = phases.firstIndex(where: { $0.name == current.name }) {
            phases[index].nanoseconds += taken
        } else {
            phases.append((current.name, taken))
        }
        self.current = nil
    }

    /// Since the first step began to be waited for.
    var totalMilliseconds: Int { Int((Clock.monotonicNanoseconds() - startedAt) / 1_000_000) }

    var facts: [DatasetFacts.Phase] {
        phases.map { DatasetFacts.Phase(name: $0.name, milliseconds: Int($0.nanoseconds / 1_000_000)) }
    }

    /// For the log and for answers: `verify 12 ms, open 3 ms`.
    var text: String { facts.map { "\($0.name) \($0.milliseconds) ms" }.joined(separator: ", ") }
}
