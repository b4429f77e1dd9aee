public import Glibc

/// Readings of the kernel's clocks.
public enum Clock {
    /// Nanoseconds since an arbitrary start, never set back.
    @inlinable
    public static func monotonicNanoseconds() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        // Neither is ever negative; loops ask a few times a turn.
        return UInt64(truncatingIfNeeded: time.tv_sec) &* 1_000_000_000 &+ UInt64(truncatingIfNeeded: time.tv_nsec)
    }

    /// Nanoseconds from one reading to another; 0 where `end` is the earlier, as it may be for another thread's.
    @inlinable
    public static func nanoseconds(from start: UInt64, to end: UInt64) -> UInt64 {
        end > start ? end - start : 0
    }

    /// Microseconds since 1970-01-01 UTC; may be set back.
    public static func wallMicroseconds() -> Int {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1_000
    }
}

extension Duration {
    /// Rounded down; negative ones are none.
    public var wholeNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        return UInt64(max(seconds, 0)) * 1_000_000_000 + UInt64(max(attoseconds, 0) / 1_000_000_000)
    }
}
