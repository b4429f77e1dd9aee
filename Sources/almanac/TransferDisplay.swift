internal import ArgumentParser
internal import DatasetBuild
internal import Glibc
internal import Platform
internal import Synchronization

/// How the progress of a transfer is shown.
enum ProgressStyle: String, CaseIterable, ExpressibleByArgument {
    /// A bar where standard error is a terminal, else lines.
    case auto
    /// One line on standard error, drawn anew ten times a second.
    case bar
    /// A line now and then.
    case lines
    /// A line of JSON a second on standard output.
    case json
    case none

    /// With `auto` decided.
    var resolved: ProgressStyle { self == .auto ? (isatty(STDERR_FILENO) == 1 ? .bar : .lines) : self }
}

/// Shows how far a transfer is; any thread.
final class TransferDisplay: Sendable {
    struct Progress: Sendable, Equatable {
        /// One word: `checking`, `downloading`.
        var phase: String
        var bytesDone: Int
        var bytesTotal: Int
        /// What counts for the rate: not what was there already.
        var bytesTransferred: Int
    }

    private struct State {
        var phase = ""
        var startedAt: UInt64 = 0
        /// What had been transferred when the phase was first heard of.
        var bytesBefore = 0
        var nextAt: UInt64 = 0
        var isLineOpen = false
    }

    private let style: ProgressStyle
    private let writeLine: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// `writeLine` is given the lines of the style `lines`, without line feeds.
    init(style: ProgressStyle, writeLine: @escaping @Sendable (String) -> Void) {
        self.style = style.resolved
        self.writeLine = writeLine
    }

    private var intervalNanoseconds: UInt64 {
        switch style {
        case .bar: 100_000_000
        case .json: 1_000_000_000
        default: 10_000_000_000
        }
    }

    func show(_ progress: Progress) {
        guard style != .none else { return }
        let now = Clock.monotonicNanoseconds()
        state.withLock { state in
            if state.phase != progress.phase {
                state.phase = progress.phase
                state.startedAt = now
                state.bytesBefore = progress.bytesTransferred
                // A transfer that is over at once needs no line of its own; a bar and a program want to see it begin.
                state.nextAt = style == .lines ? now + intervalNanoseconds : now
            }
            guard now >= state.nextAt else { return }
            state.nextAt = now + intervalNanoseconds
            var progress = progress
            progress.bytesTransferred -= state.bytesBefore
            let seconds = max(Double(now - state.startedAt) / 1e9, 0.001)
            switch style {
            case .bar:
                write(
                    "\r\u{1B}[K" + Self.line(progress, seconds: seconds, width: Self.terminalWidth), to: STDERR_FILENO)
                state.isLineOpen = true
            case .lines: writeLine(Self.line(progress, seconds: seconds, width: nil))
            case .json: write(Self.json(progress, seconds: seconds) + "\n", to: STDOUT_FILENO)
            case .auto, .none: break
            }
        }
    }

    /// Takes an unfinished line away, and has the next transfer begin anew.
    func clear() {
        state.withLock { state in
            if state.isLineOpen { write("\r\u{1B}[K", to: STDERR_FILENO) }
            state = State()
        }
    }

    /// One line for an operator; of the least important parts as many as fit in `width` columns.
    static func line(_ progress: Progress, seconds: Double, width: Int?) -> String {
        let share = progress.bytesTotal > 0 ? min(Double(progress.bytesDone) / Double(progress.bytesTotal), 1) : 1
        let rate = Double(progress.bytesTransferred) / seconds
        var parts = [progress.phase, "\(Int(share * 100)) %"]
        if rate > 0 {
            let left = Double(max(progress.bytesTotal - progress.bytesDone, 0)) / rate
            parts.append("\(Quantity.duration(.seconds(min(left, 1e9)))) left")
            parts.append("\(Quantity.bytes(Int(rate)))/s")
        }
        parts.append("\(Quantity.bytes(progress.bytesDone)) of \(Quantity.bytes(progress.bytesTotal))")
        guard let width else { return parts.joined(separator: "  ") }
        while parts.count > 1, parts.joined(separator: "  ").count >= width { parts.removeLast() }
        let bar = Self.bar(share: share, width: width - parts.joined(separator: "  ").count - 4)
        parts.insert(contentsOf: bar.map { [$0] } ?? [], at: 1)
        // A full last column would make some terminals wrap.
        return String(parts.joined(separator: "  ").prefix(max(width - 1, 0)))
    }

    /// `[####····]`; `nil` where there is no room for one that says anything.
    private static func bar(share: Double, width: Int) -> String? {
        guard width >= 12 else { return nil }
        let cells = min(width - 2, 40)
        let filled = Int(share * Double(cells))
        return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: cells - filled) + "]"
    }

    /// All of it numbers and one word of ours, which need no escapes.
    static func json(_ progress: Progress, seconds: Double) -> String {
        let rate = Int(Double(progress.bytesTransferred) / seconds)
        return #"{"phase":"\#(progress.phase)","bytes_done":\#(progress.bytesDone),"#
            + #""bytes_total":\#(progress.bytesTotal),"bytes_per_second":\#(rate)}"#
    }

    private func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            // Progress is a courtesy: where nobody can read it, the work goes on.
            _ = unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        }
    }

    private static var terminalWidth: Int {
        var size = winsize()
        guard unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
