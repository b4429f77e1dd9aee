internal import Platform

/// Looks up in a version that is about to serve what clients have lately asked of the one before.
///
/// It ends with the sample, with its time, or with the swap; it goes no faster than its rate, because the disk and the
/// processor are also those of the version that is serving.
struct WarmUp {
    /// Keys a second.
    let rate: Int
    let nanosecondsMax: UInt64
    let cancellation: SwapCancellation

    /// Looks up `keys`, those that matter most first.
    ///
    /// - Returns: How many were looked up.
    /// - Throws: Where the swap was cancelled.
    func run(_ prepared: any PreparedVersion, _ keys: [[UInt8]]) throws(AdmissionFailure) -> Int {
        let start = Clock.monotonicNanoseconds()
        var done = 0
        while done < keys.count {
            try cancellation.check()
            let elapsed = Clock.monotonicNanoseconds() - start
            guard elapsed < nanosecondsMax else { break }
            let end = min(done + Self.chunk, keys.count)
            prepared.warm(keys[done..<end])
            done = end
            let due = UInt64(done) * 1_000_000_000 / UInt64(rate)
            try wait(until: start + min(due, nanosecondsMax))
        }
        return done
    }

    /// Sleeps in naps, lest whoever cancels wait for its end.
    private func wait(until moment: UInt64) throws(AdmissionFailure) {
        while true {
            try cancellation.check()
            let now = Clock.monotonicNanoseconds()
            guard now < moment else { return }
            Thread.sleep(nanoseconds: min(moment - now, Self.napNanosecondsMax))
        }
    }

    /// Keys between two looks at the clock.
    private static let chunk = 64

    private static let napNanosecondsMax: UInt64 = 10_000_000
}
