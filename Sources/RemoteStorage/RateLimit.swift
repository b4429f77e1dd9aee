internal import Glibc
internal import Platform

/// A number of bytes a second, with a burst of a fifth of a second.
struct RateLimit {
    private let bytesPerSecond: Int?
    /// What may pass now; below zero for what has passed too early.
    private var allowance: Double
    private var seenNanoseconds: UInt64

    init(bytesPerSecond: Int?, nowNanoseconds: UInt64 = Clock.monotonicNanoseconds()) {
        self.bytesPerSecond = bytesPerSecond.map { max(1, $0) }
        allowance = Double(bytesPerSecond ?? 0) / 5
        seenNanoseconds = nowNanoseconds
    }

    var isExhausted: Bool { bytesPerSecond != nil && allowance < 0 }

    mutating func consume(_ bytes: Int) {
        if bytesPerSecond != nil { allowance -= Double(bytes) }
    }

    /// How long nothing more may pass, in milliseconds.
    mutating func delayMilliseconds(nowNanoseconds: UInt64 = Clock.monotonicNanoseconds()) -> Int {
        guard let rate = bytesPerSecond.map(Double.init) else { return 0 }
        let elapsed = Double(nowNanoseconds &- seenNanoseconds) / 1e9
        seenNanoseconds = nowNanoseconds
        allowance = min(rate / 5, allowance + elapsed * rate)
        return allowance >= 0 ? 0 : Int((-allowance / rate * 1000).rounded(.up))
    }
}

/// Waiting that ``Cancellation`` ends.
enum Pause {
    /// Waits `milliseconds`, at most 100 at a time.
    static func milliseconds(_ milliseconds: Int, _ cancellation: Cancellation) throws(SourceError) {
        var left = milliseconds
        while left > 0 {
            try cancellation.check()
            let step = min(left, 100)
            // A signal may end a step early: then the pause is a little shorter.
            _ = poll(nil, 0, Int32(step))
            left -= step
        }
        try cancellation.check()
    }
}
