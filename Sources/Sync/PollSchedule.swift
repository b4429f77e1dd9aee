/// When to ask the source again.
///
/// Intervals vary by ±10 %, so that a fleet that was started at once does not ask at once for ever. After failures they
/// double, up to five minutes.
struct PollSchedule: Sendable, Equatable {
    let interval: Duration
    /// In a row.
    private(set) var failureCount = 0

    static let backoffMax = Duration.seconds(300)

    init(interval: Duration) {
        precondition(interval > .zero)
        self.interval = interval
    }

    /// How long to wait after a poll; to be asked once for each.
    ///
    /// - Parameters:
    ///   - hasFailed: Whether that poll, or what followed from it, failed.
    ///   - jitter: -1 to 1, at random.
    /// - Returns: The pause.
    mutating func pause(hasFailed: Bool, jitter: Double) -> Duration {
        failureCount = hasFailed ? failureCount + 1 : 0
        var pause = interval
        // Doubled at most a few times, so that the product stays a time.
        for _ in 1..<max(failureCount, 1) where pause < Self.backoffMax { pause *= 2 }
        if pause > interval { pause = max(interval, min(pause, Self.backoffMax)) }
        return pause * (1 + min(max(jitter, -1), 1) / 10)
    }
}
