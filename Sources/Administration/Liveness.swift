public import Commands
internal import Platform
public import Server
private import Synchronization

/// Whether the threads that must never stand still do not.
///
/// A thread is given up only after ``silenceMax``, and not while the kernel has it wait for a disk: starting the process
/// again would not make the disk faster, and would lose all that is in memory. For any thread; asks, and waits for
/// nobody: what it tells is what came of the question before.
public final class Liveness: Sendable {
    private let loops: LoopPulse
    private let control: any DatasetControl
    private let controlAskedAt = AskedAt()

    /// In nanoseconds of the monotonic clock; 0: no question waits.
    private final class AskedAt: Sendable {
        let value = Atomic<UInt64>(0)
    }

    public init(_ observer: ServerObserver, control: any DatasetControl) {
        loops = observer.makePulse()
        self.control = control
    }

    /// How long a thread may owe an answer before it is given up.
    public static let silenceMax = Duration.seconds(30)

    /// What is wrong, in one line for each thread that has been given up; empty: all is well.
    public func problems() -> [String] { checks().compactMap { check in check.problem.map { "\(check.name) \($0)" } } }

    func checks() -> [HealthCheck] {
        let loops = loops.silences().enumerated().map { ("loop-\($0)", $1) }
        return ([("control", controlSilence())] + loops).map { name, silence in
            HealthCheck(name, Self.problem(silence: silence) { ThreadState.isInUninterruptibleWait(threadNamed: name) })
        }
    }

    /// What is wrong with a thread that has been silent for so long; whether it waits for a disk is asked only where it
    /// would else be given up.
    static func problem(silence nanoseconds: UInt64, waitsForDisk: () -> Bool) -> String? {
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
