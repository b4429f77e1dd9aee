private import Glibc

/// A flag on which one thread can wait until another sets it.
@safe final class Signal: Sendable {
    // Safety: a POSIX mutex and condition at addresses that never change; `isSet` is touched under the mutex only.
    nonisolated(unsafe) private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    nonisolated(unsafe) private let changed: UnsafeMutablePointer<pthread_cond_t>
    nonisolated(unsafe) private var isSet = false

    init() {
        unsafe mutex = .allocate(capacity: 1)
        unsafe changed = .allocate(capacity: 1)
        var attributes = pthread_condattr_t()
        // The wall clock may be set back while somebody waits for a moment of it.
        let failed =
            unsafe pthread_condattr_init(&attributes) | pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            | pthread_mutex_init(mutex, nil) | pthread_cond_init(changed, &attributes)
            | pthread_condattr_destroy(&attributes)
        precondition(failed == 0)
    }

    deinit {
        unsafe pthread_cond_destroy(changed)
        unsafe pthread_mutex_destroy(mutex)
        unsafe changed.deallocate()
        unsafe mutex.deallocate()
    }

    /// Lets the waiting thread go on, or the next one that waits not wait at all.
    func set() {
        unsafe pthread_mutex_lock(mutex)
        unsafe isSet = true
        unsafe pthread_cond_signal(changed)
        unsafe pthread_mutex_unlock(mutex)
    }

    /// Waits until the flag is set, and clears it.
    func wait() {
        unsafe pthread_mutex_lock(mutex)
        while unsafe !isSet { unsafe pthread_cond_wait(changed, mutex) }
        unsafe isSet = false
        unsafe pthread_mutex_unlock(mutex)
    }

    /// Waits until the flag is set, and clears it, or until `timeout` has passed.
    ///
    /// - Returns: Whether it was set.
    func wait(timeout: Duration) -> Bool {
        var deadline = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &deadline)
        let (seconds, attoseconds) = max(timeout, .zero).components
        deadline.tv_nsec += Int(attoseconds / 1_000_000_000)
        deadline.tv_sec += Int(min(seconds, 1 << 32)) + deadline.tv_nsec / 1_000_000_000
        deadline.tv_nsec %= 1_000_000_000

        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while unsafe !isSet {
            // Any failure but a spurious wake is the deadline: the arguments are known to be good.
            guard unsafe pthread_cond_timedwait(changed, mutex, &deadline) == 0 else { return false }
        }
        unsafe isSet = false
        return true
    }
}
