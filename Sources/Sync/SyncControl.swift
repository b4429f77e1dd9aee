internal import Dispatch
public import RemoteStorage
internal import Synchronization

/// Steers a ``Synchronizer`` from another thread, such as the one that receives signals.
public final class SyncControl: Sendable {
    /// To be given to the source, so that a stop ends its transfers.
    public let cancellation = Cancellation()
    private let isPollWanted = Atomic<Bool>(false)
    private let alarm = DispatchSemaphore(value: 0)
    private let shared = Mutex(SyncState())
    let metrics = SyncMetrics()

    public init() {}

    /// Ends everything soon; what has been downloaded stays, to be resumed.
    ///
    /// Never blocks, and cannot be taken back.
    public func stop() {
        cancellation.cancel()
        alarm.signal()
    }

    /// Has the source asked now rather than after the interval; never blocks.
    public func pollNow() {
        isPollWanted.store(true, ordering: .relaxed)
        alarm.signal()
    }

    /// What is going on.
    public var state: SyncState { shared.withLock { $0 } }

    func note(_ change: (inout SyncState) -> Void) { shared.withLock { change(&$0) } }

    var isStopped: Bool { cancellation.isCancelled }

    func check() throws(SyncError) {
        if isStopped { throw .cancelled }
    }

    /// Waits until `duration` is over, a poll is wanted, or the end has come.
    func waitForPoll(_ duration: Duration) { wait(duration) { isPollWanted.exchange(false, ordering: .relaxed) } }

    /// Waits until `duration` is over.
    ///
    /// - Throws: Kind `cancelled` at once when the end comes.
    func pause(_ duration: Duration) throws(SyncError) {
        wait(duration) { false }
        try check()
    }

    private func wait(_ duration: Duration, until isDone: () -> Bool) {
        // Of the monotonic clock: somebody setting the time neither hastens nor delays a poll.
        let deadline = DispatchTime.now() + .nanoseconds(Int(clamping: duration.nanoseconds))
        while !isStopped, !isDone(), alarm.wait(timeout: deadline) == .success {}
    }
}

/// What a ``Synchronizer`` is doing, for an operator who asks.
public struct SyncState: Sendable, Equatable {
    public enum Phase: String, Sendable, CaseIterable {
        case starting, polling, waiting, downloading, sealing, telling, cleaning
    }

    public var phase = Phase.starting
    /// The version that `current` leads to.
    public var current: String?
    /// The version that the source announces.
    public var announced: String?
    /// Of the download that is under way, or was last.
    public var bytesDone = 0
    public var bytesTotal = 0
    public var failuresInARow = 0
    /// What went wrong last; `nil` once something went well.
    public var lastProblem: String?
}

extension Duration {
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, isOverflowing) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return isOverflowing ? .max : product + attoseconds / 1_000_000_000
    }
}
