import Glibc

/// A bounded first-in-first-out queue on which threads wait for work.
@safe public final class BlockingQueue<Element: Sendable>: Sendable {
    // Safety: a POSIX mutex and condition at addresses that never change; `elements` and `isClosed` are
    // touched under the mutex only.
    nonisolated(unsafe) private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    nonisolated(unsafe) private let arrived: UnsafeMutablePointer<pthread_cond_t>
    nonisolated(unsafe) private var elements: Ring<Element>
    nonisolated(unsafe) private var isClosed = false
    public let countMax: Int

    public init(countMax: Int) {
        precondition(countMax > 0)
        self.countMax = countMax
        unsafe elements = Ring()
        unsafe mutex = .allocate(capacity: 1)
        unsafe arrived = .allocate(capacity: 1)
        // Timed waits go by the clock that nobody sets.
        var attributes = pthread_condattr_t()
        let failures = [
            unsafe pthread_mutex_init(mutex, nil), unsafe pthread_condattr_init(&attributes),
            unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC),
            unsafe pthread_cond_init(arrived, &attributes),
        ]
        precondition(failures.allSatisfy { $0 == 0 })
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe pthread_cond_destroy(arrived)
        unsafe mutex.deallocate()
        unsafe arrived.deallocate()
    }

    /// Adds `element` unless the queue is full or closed; never waits.
    ///
    /// - Parameters:
    ///   - element: Comes out behind all that are in the queue now.
    ///   - isBounded: False for work that was counted when it came in first and now goes on.
    /// - Returns: Whether it was taken.
    public func push(_ element: Element, isBounded: Bool = true) -> Bool {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        guard unsafe !isClosed, unsafe !isBounded || elements.count < countMax else { return false }
        unsafe elements.append(element)
        unsafe pthread_cond_signal(arrived)
        return true
    }

    /// Waits for an element; `nil` once the queue is closed and empty.
    public func pop() -> Element? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while unsafe elements.isEmpty {
            guard unsafe !isClosed else { return nil }
            unsafe pthread_cond_wait(arrived, mutex)
        }
        return unsafe elements.removeFirst()
    }

    /// Waits for an element until `deadline`, in nanoseconds of the monotonic clock.
    ///
    /// - Returns: `nil` where none came in time, or the queue is closed and empty.
    public func pop(until deadline: UInt64) -> Element? {
        var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while unsafe elements.isEmpty {
            guard unsafe !isClosed, unsafe pthread_cond_timedwait(arrived, mutex, &time) != ETIMEDOUT else {
                return unsafe elements.isEmpty ? nil : elements.removeFirst()
            }
        }
        return unsafe elements.removeFirst()
    }

    /// Takes nothing more; those who wait get what is left, then `nil`.
    public func close() {
        unsafe pthread_mutex_lock(mutex)
        unsafe isClosed = true
        unsafe pthread_cond_broadcast(arrived)
        unsafe pthread_mutex_unlock(mutex)
    }

    public var count: Int {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return unsafe elements.count
    }
}
