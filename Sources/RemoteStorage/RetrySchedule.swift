/// How often something is tried again, and after which pause: doubling, with jitter, so that many
/// sidecars that failed together do not come back together.
struct RetrySchedule {
    static let firstMilliseconds = 200
    static let longestMilliseconds = 10_000
    /// The longest that a server's own wish (`Retry-After`) is heeded.
    static let wishSecondsMax = 60

    private let retriesMax: Int
    private var retries = 0

    init(retriesMax: Int) { self.retriesMax = retriesMax }

    /// Something went well in between: later failures count from the beginning.
    mutating func reset() { retries = 0 }

    /// Decides on the next try.
    ///
    /// - Parameters:
    ///   - wishSeconds: What the server asks for; never less than that is waited.
    ///   - jitter: From 0 to 1, drawn anew for each pause.
    /// - Returns: The pause before it, in milliseconds; `nil` when it is time to give up.
    mutating func nextMilliseconds(wishSeconds: Int? = nil, jitter: Double = .random(in: 0...1)) -> Int? {
        guard retries < retriesMax else { return nil }
        let full = min(Self.longestMilliseconds, Self.firstMilliseconds << min(retries, 16))
        retries += 1
        let own = full / 2 + Int(Double(full / 2) * jitter)
        return max(own, min(max(wishSeconds ?? 0, 0), Self.wishSecondsMax) * 1000)
    }
}
