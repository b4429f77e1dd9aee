internal import Glibc

/// Watches over a build: shows how far it is, and finds out when it should stop.
///
/// Used on the building thread alone.
public final class BuildMonitor {
    private let output: Output
    private let stopSignal: () -> Int32?
    private let clock = ContinuousClock()
    private let started: ContinuousClock.Instant
    private var phaseStarted: ContinuousClock.Instant
    private var nextDraw: ContinuousClock.Instant
    private var progress = BuildProgress()
    private var isLineOpen = false

    /// Where progress goes.
    public enum Output {
        case none
        /// One line on standard error, drawn anew ten times a second.
        case terminal
        /// A line on standard error every five seconds.
        case lines

        /// What suits standard error.
        public static var standardError: Output { isatty(2) == 1 ? .terminal : .lines }
    }

    /// `stopSignal` gives the number of a signal that asks the build to stop, once there is one.
    public init(output: Output, stopSignal: @escaping () -> Int32? = { nil }) {
        self.output = output
        self.stopSignal = stopSignal
        started = clock.now
        phaseStarted = started
        nextDraw = started
        if case .lines = output { nextDraw = started + .seconds(5) }
    }

    var elapsed: Duration { clock.now - started }

    /// Begins a phase of which `total` units, or else `rowTotal` rows, are to be done, where that is known.
    func begin(_ phase: BuildProgress.Phase, total: Int?, rowTotal: Int? = nil) throws(BuildError) {
        phaseStarted = clock.now
        progress = BuildProgress(phase: phase, total: total, rowTotal: rowTotal)
        try update { _ in }
    }

    /// Notes progress, shows it when the time has come, and throws once a signal asks to stop.
    func update(_ change: (inout BuildProgress) -> Void) throws(BuildError) {
        change(&progress)
        if let signal = stopSignal() {
            throw BuildError(.interrupted(signal: signal), "interrupted; nothing is left at the output path")
        }
        let now = clock.now
        guard now >= nextDraw else { return }
        progress.elapsed = now - phaseStarted
        switch output {
        case .none: break
        case .terminal:
            nextDraw = now + .milliseconds(100)
            Self.write("\r\u{1B}[K" + progress.line(width: Self.terminalWidth))
            isLineOpen = true
        case .lines:
            nextDraw = now + .seconds(5)
            Self.write(progress.line(width: nil) + "\n")
        }
    }

    /// Counts rows of the building thread as progress of the phase.
    var checkpoints: Checkpoints {
        Checkpoints { (rows) throws(BuildError) in
            try self.update {
                $0.rows += rows
                $0.done += rows
            }
        }
    }

    /// Says one line that stays, such as a row that was passed over.
    func say(_ line: String) {
        if case .none = output { return }
        clearLine()
        Self.write(line + "\n")
    }

    /// Takes an unfinished progress line away.
    public func clearLine() {
        guard isLineOpen else { return }
        isLineOpen = false
        Self.write("\r\u{1B}[K")
    }

    private static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            // Progress is a courtesy: where nobody can read it, the build goes on.
            _ = unsafe Glibc.write(2, bytes.baseAddress, bytes.count)
        }
    }

    private static var terminalWidth: Int {
        var size = winsize()
        guard unsafe ioctl(2, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
