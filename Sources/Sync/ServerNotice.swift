internal import Datasets
internal import Platform
public import RedisClient

/// How a server is told that `current` has changed, and how its answer comes back.
public enum ServerNotice: Sendable, Equatable {
    /// Nobody is told: the server watches `current` by itself, or there is none yet.
    case none
    /// `DATASET RELOAD`, which waits and answers.
    ///
    /// The dataset's name may be left out where the address selects its database.
    case redis(RedisAddress, dataset: String?)
    /// SIGHUP to the process whose id is in a file; its answer is in `serving.json` and `quarantine`.
    case signal(pidFile: String)
}

/// What a server made of a new version.
enum ServerAnswer: Sendable, Equatable {
    /// It serves the version; its own words.
    case serving(String)
    /// It does not, and will not: the version is quarantined by now.
    case refused(Refusal)
}

/// Tells one server of one version.
///
/// Blocks until the server has answered, at most for the time given.
protocol ServerLink {
    /// Has the server take up the version that `current` leads to.
    ///
    /// - Parameters:
    ///   - id: Of that version.
    ///   - deadline: Until when a server that has been told may be at work.
    ///   - absence: Until when one is waited for that cannot be told, as none is there.
    /// - Returns: What it made of the version.
    /// - Throws: Kind `unreachable` where no answer came in time, `misconfigured` where the answer is that the
    ///   question was wrong, `cancelled` where a stop was asked for.
    func announce(
        _ id: String, until deadline: Deadline, whileAbsent absence: Deadline
    ) throws(SyncError) -> ServerAnswer
}

/// A moment of the monotonic clock.
struct Deadline: Sendable, Comparable {
    private let nanoseconds: UInt64

    init(after duration: Duration) {
        nanoseconds = Clock.monotonicNanoseconds() &+ UInt64(max(duration.nanoseconds, 0))
    }

    static func < (one: Self, other: Self) -> Bool { one.nanoseconds < other.nanoseconds }

    var isOver: Bool { remaining == .zero }

    var remaining: Duration {
        let now = Clock.monotonicNanoseconds()
        return now < nanoseconds ? .nanoseconds(Int64(clamping: nanoseconds - now)) : .zero
    }
}

/// Longer and longer pauses between looks at something that another process is about to change.
struct Pauses {
    private var next = Duration.milliseconds(10)

    mutating func take() -> Duration {
        defer { next = min(next * 2, .seconds(1)) }
        return next
    }
}
