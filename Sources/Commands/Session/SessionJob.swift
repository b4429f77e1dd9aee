import Bytes
import Datasets
import RESP
import Storage
import Synchronization

/// Work of one session that may wait for the disk or take long, done by a reader in bounded slices.
public protocol SessionJob: AnyObject, Sendable {
    /// Does one slice, of a few milliseconds besides the disk.
    ///
    /// - Returns: Whether the job is finished; if not, it goes to the end of the readers' queue.
    func runSlice() -> Bool

    /// Nobody waits for the reply any more: later slices may be skipped.
    func cancel()

    /// Whether it looks keys up that were not in memory, and does nothing else.
    var isDiskRead: Bool { get }
}

extension SessionJob {
    /// Most jobs are one slice, which is as well finished.
    public func cancel() {}

    public var isDiskRead: Bool { false }
}

/// How long a job has waited for a reader, over all of its slices, and how long readers have worked on it.
public struct JobTimes: BitwiseCopyable, Sendable {
    public var waitedNanoseconds: UInt64 = 0
    /// Mostly reads of the disk, where the job is to look keys up.
    public var workedNanoseconds: UInt64 = 0

    public init() {}

    mutating func add(_ other: Self) {
        waitedNanoseconds &+= other.waitedNanoseconds
        workedNanoseconds &+= other.workedNanoseconds
    }
}

/// Looks up the keys of a plan, wherever they are.
final class ColdLookupJob: SessionJob {
    // Safety: one owner at a time. The session that made the plan keeps no reference to it; the readers'
    // queue hands it to one reader, and the loop's mailbox hands it back, each under a lock.
    nonisolated(unsafe) private var plan: ReplyPlan?
    private let isCancelled = Atomic<Bool>(false)

    init(_ plan: ReplyPlan) {
        unsafe self.plan = plan
    }

    func runSlice() -> Bool {
        guard !isCancelled.load(ordering: .relaxed) else { return true }
        return unsafe plan?.lookUpAnywhere(valueBytesMax: Self.valueBytesMax) ?? true
    }

    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    var isDiskRead: Bool { true }

    /// The plan, once, with at least its first look-up answered.
    func takePlan() -> ReplyPlan? { unsafe plan.take() }

    /// Values that a plan may hold at once before its client has read the first of them.
    private static let valueBytesMax = 4 << 20
}

/// A job that makes a whole reply.
protocol ReplyJob: SessionJob {
    /// Appends the reply; called once, after the last slice, on the session's loop.
    func appendReply(to output: inout ReplyWriter)

    /// What the job could not read, and in which version, for the log.
    var damage: (failure: EngineError, version: DatasetVersion)? { get }

    /// Whether the connection closes once the reply has been sent.
    var endsSession: Bool { get }
}

extension ReplyJob {
    var damage: (failure: EngineError, version: DatasetVersion)? { nil }
    var endsSession: Bool { false }
}

/// A reply made in one go, from what the server as a whole knows.
final class SingleSliceJob: ReplyJob {
    private let reply: Mutex<ReplyWriter>
    private let write: @Sendable (inout ReplyWriter) -> Void

    init(version: ProtocolVersion, _ write: @escaping @Sendable (inout ReplyWriter) -> Void) {
        self.write = write
        reply = Mutex(ReplyWriter(version: version))
    }

    func runSlice() -> Bool {
        reply.withLock { write(&$0) }
        return true
    }

    func appendReply(to output: inout ReplyWriter) {
        reply.withLock { output.output.append($0.output.span) }
    }
}
