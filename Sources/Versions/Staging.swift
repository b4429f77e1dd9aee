internal import Commands
internal import Datasets
internal import Platform
internal import Settings
internal import Storage
internal import Synchronization

/// Opens the next version of one dataset on a thread of its own, so that the control can go on meanwhile.
final class Staging: Sendable {
    /// What became of it.
    struct Outcome: Sendable {
        var result: Result<(served: ServedVersion, prepared: any PreparedVersion), AdmissionFailure>
        var phases: SwapPhases
        var warmedKeys = 0
    }

    /// Tells one opening from another.
    let number: Int
    let cancellation: SwapCancellation
    private let thread: Thread
    private let found: Found

    /// What has been opened so far, for other threads.
    private final class Found: Sendable {
        let served = Mutex<ServedVersion?>(nil)
    }

    /// The version, from when it is open; `nil` before.
    ///
    /// Where the outcome is a failure all the same, it must be closed as any other.
    var opened: ServedVersion? { found.served.withLock { $0 } }

    /// Starts at once; `onOpen` and then `done` are called on the new thread, when the version is open and when there
    /// is an outcome.
    ///
    /// Where it is urgent the disk and the processor are not left to others first, and nothing is warmed.
    init(
        _ admission: Admission, _ place: VersionPlace, database: Int, isUrgent: Bool, audience: any Audience,
        number: Int, phases: SwapPhases, onOpen: @escaping @Sendable (OpenVersion) -> Void,
        done: @escaping @Sendable (_ number: Int, Outcome) -> Void
    ) throws(SystemError) {
        self.number = number
        cancellation = admission.cancellation
        let found = Found()
        self.found = found
        thread = try Thread(name: "swap-\(database)") {
            if !isUrgent { Thread.lowerPriority() }
            var outcome = Outcome(result: .failure(.cancelled), phases: phases)
            do throws(AdmissionFailure) {
                let served = try admission.open(place, phases: &outcome.phases)
                found.served.withLock { $0 = served }
                onOpen(served.open)
                if !isUrgent, served.version.engine.residency != nil {
                    outcome.phases.begin("load")
                    try Self.load(served, admission)
                }
                outcome.phases.begin("warm")
                let prepared = audience.prepare(served.version)
                if !isUrgent, admission.settings.warmKeys > 0 {
                    outcome.warmedKeys = try Self.warm(prepared, admission, audience.sampleOfKeys(in: database))
                }
                outcome.phases.end()
                outcome.result = .success((served, prepared))
            } catch {
                outcome.phases.end()
                outcome.result = .failure(error)
            }
            done(number, outcome)
        }
    }

    /// Brings what it can of a version into memory in the time that there is; the rest follows when it serves.
    private static func load(_ served: ServedVersion, _ admission: Admission) throws(AdmissionFailure) {
        let deadline = Clock.monotonicNanoseconds() &+ admission.settings.warmTime.wholeNanoseconds
        let cancellation = admission.cancellation
        do throws(EngineError) {
            try served.version.engine.load {
                !cancellation.isCancelled && Clock.monotonicNanoseconds() < deadline
            }
        } catch {
            throw error.kind == .damaged ? .refused(.damaged, error.message) : .failed(error.message)
        }
        try cancellation.check()
    }

    private static func warm(
        _ prepared: any PreparedVersion, _ admission: Admission, _ keys: [[UInt8]]
    ) throws(AdmissionFailure) -> Int {
        let settings = admission.settings
        let warmUp = WarmUp(
            rate: settings.warmRate, nanosecondsMax: settings.warmTime.wholeNanoseconds,
            cancellation: admission.cancellation)
        return try warmUp.run(prepared, Array(keys.prefix(settings.warmKeys)))
    }

    /// Waits for the thread, which has called `done` or is about to; to be called exactly once.
    func join() { thread.join() }
}
