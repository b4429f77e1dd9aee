public import Datasets
import Synchronization

/// A version that is open, and how many connections have chosen to stay on it.
///
/// Any thread. Whoever opened the version keeps a reference to it for longer than this object lives, so that its
/// engine closes on a thread of their choice.
public final class OpenVersion: Sendable {
    public let version: DatasetVersion
    private let users = Atomic<Int>(0)
    /// In nanoseconds of the monotonic clock.
    private let end = Atomic<UInt64>(.max)

    public init(_ version: DatasetVersion) { self.version = version }

    /// Connections that stay on the version, whatever is current.
    public var userCount: Int { users.load(ordering: .relaxed) }

    /// Has connections let go of the version at `deadline`, in nanoseconds of the monotonic clock.
    public func close(by deadline: UInt64) { end.store(deadline, ordering: .relaxed) }

    /// Whether connections must not use the version any more.
    public func isOver(at now: UInt64) -> Bool { now >= end.load(ordering: .relaxed) }

    fileprivate func addUser() { users.add(1, ordering: .relaxed) }
    fileprivate func removeUser() { users.subtract(1, ordering: .relaxed) }
}

/// A session's hold on a version, for as long as the object lives; belongs to the session's loop.
final class VersionUse {
    let open: OpenVersion
    private let context: SessionContext

    init(_ open: OpenVersion, _ context: SessionContext) {
        self.open = open
        self.context = context
        open.addUser()
        context.versionUseCount += 1
    }

    deinit {
        open.removeUser()
        context.versionUseCount -= 1
    }
}
