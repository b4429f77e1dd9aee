private import DatasetBuild
private import Glibc
private import Synchronization

/// Shows on standard error how far a long command is: a line drawn anew on a terminal, else one every few seconds.
///
/// Any thread.
final class ProgressDisplay: Sendable {
    private let output: Output
    private let state: Mutex<State>

    enum Unit {
        case bytes
        case rows
    }

    private enum Output {
        case none
        case terminal
        case lines
    }

    private struct State {
        var phase = ""
        var phaseStarted = ContinuousClock.now
        var nextDraw: ContinuousClock.Instant
        var isLineOpen = false
    }

    init(isQuiet: Bool) {
        output = isQuiet ? .none : isatty(2) == 1 ? .terminal : .lines
        // What takes less than that needs no progress.
        state = Mutex(State(nextDraw: ContinuousClock.now + (isatty(2) == 1 ? .milliseconds(200) : .seconds(5))))
    }

    /// Shows that `done` of `total` are done in `phase`, when it is time to.
    func show(_ phase: String, _ unit: Unit, _ done: Int, of total: Int?) {
        if case .none = output { return }
        // Whoever finds it taken has nothing newer to show.
        _ = state.withLockIfAvailable { state in
            let now = ContinuousClock.now
            if state.phase != phase { (state.phase, state.phaseStarted) = (phase, now) }
            guard now >= state.nextDraw else { return }
            let line = Self.line(phase, unit, done, total, now - state.phaseStarted)
            if case .terminal = output {
                state.nextDraw = now + .milliseconds(100)
                state.isLineOpen = true
                writeToStandardError("\r\u{1B}[K" + line)
            } else {
                state.nextDraw = now + .seconds(5)
                writeToStandardError(line + "\n")
            }
        }
    }

    /// Takes an unfinished line away.
    func clear() {
        state.withLock { state in
            if state.isLineOpen { writeToStandardError("\r\u{1B}[K") }
            state.isLineOpen = false
        }
    }

    private static func line(_ phase: String, _ unit: Unit, _ done: Int, _ total: Int?, _ elapsed: Duration) -> String {
        let seconds = max(elapsed / .seconds(1), 0.001)
        var parts = [phase]
        if let total, total > 0 {
            let share = min(Double(done) / Double(total), 1)
            parts.append("\(Int(share * 100)) %")
            if share > 0.001 { parts.append("\(Quantity.duration(.seconds(seconds / share - seconds))) left") }
        }
        switch unit {
        case .bytes: parts.append("\(Quantity.bytes(Int(Double(done) / seconds)))/s")
        case .rows: parts.append("\(Quantity.grouped(Int(Double(done) / seconds))) rows/s")
        }
        return parts.joined(separator: "  ")
    }
}
