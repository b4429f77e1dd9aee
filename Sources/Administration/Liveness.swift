public import Commands
internal import Platform
public import Server
private import Synchronization

/// Whether the threads that must never stand still do not: every loop, and the one that swaps versions.
///
/// This is what `/livez` answers and what a service manager's watchdog hears of, so that the two never disagree. A thread
/// is given up only once it has owed an answer for ``silenceMax``, and not while the kernel has it wait for a disk:
/// starting the process again would not make the disk faster, and would lose all that is in memory. For any thread;
/// asks, and waits for nobody: what it tells is what came of the question before.
public final class Liveness: Sendable {
    /// How long a thread may owe an answer before it is given up.
    public let silenceMax: Duration
    private let loops: LoopPulse
    private let control: any DatasetControl
    private let controlAskedAt = AskedAt()

    /// In nanoseconds of the monotonic clock; 0: no question waits.
    private final class AskedAt: Sendable {
        let value = Atomic<UInt64>(0)
    }

    /// - Parameters:
    ///   - observer: Of the server whose loops are asked.
    ///   - control: Whose thread is asked.
    ///   - watchdogTimeout: After how much silence a watchdog ends the process; `nil`: there is none.
    public init(_ observer: ServerObserver, control: any DatasetControl, watchdogTimeout: Duration? = nil) {
        loops = observer.makePulse()
        self.control = control
        silenceMax = Self.silenceMax(watchdogTimeout: watchdogTimeout)
    }

    /// Half a minute, or half of what a watchdog allows where that is less; and never less than a second, which a
    /// healthy thread may well take on a busy machine.
    static func silenceMax(watchdogTimeout: Duration?) -> Duration {
        max(.seconds(1), min(.seconds(30), watchdogTimeout.map { $0 / 2 } ?? .seconds(30)))
    }

    /// The names of the threads that have been given up, such as `loop-0`; empty: all is well.
    public func silentThreads() -> [String] { checks().filter { $0.problem != nil }.map(\.name) }

    func checks() -> [HealthCheck] {
        let loops = loops.silences().enumerated().map { ("loop-\($0)", $1) }
        return ([("control", controlSilence())] + loops).map { name, silence in
            let problem = Self.problem(silence: silence, silenceMax: silenceMax) {
                ThreadState.isInUninterruptibleWait(threadNamed: name)
            }
            return HealthCheck(name, problem)
        }
    }

    /// What is wrong with a thread that has been silent for so long; whether it waits for a disk is asked only where it
    /// would else be given up.
    static func problem(silence nanoseconds: UInt64, silenceMax: Duration, waitsForDisk: () -> Bool) -> String? {
        guard nanoseconds >= silenceMax.wholeNanoseconds, !waitsForDisk() else { return nil }
        return "has not answered for \(nanoseconds / 1_000_000_000) s"
    }

    private func controlSilence() -> UInt64 {
        let now = Clock.monotonicNanoseconds()
        let (isFirst, askedAt) = controlAskedAt.value.compareExchange(expected: 0, desired: now, ordering: .relaxed)
        guard isFirst else { return Clock.nanoseconds(from: askedAt, to: now) }
        control.submit(DatasetRequest(.list)) { [controlAskedAt] _ in
            controlAskedAt.value.store(0, ordering: .relaxed)
        }
        return 0
    }
}
