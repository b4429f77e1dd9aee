import Glibc
import Platform
import Synchronization

/// Holds threads up until it is opened.
@safe final class Gate: Sendable {
    // Safety: a POSIX mutex and condition at addresses that never change; the fields below them are
    // touched under the mutex only.
    nonisolated(unsafe) private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    nonisolated(unsafe) private let changed: UnsafeMutablePointer<pthread_cond_t>
    nonisolated(unsafe) private var isOpen = false
    nonisolated(unsafe) private var waiting = 0

    init() {
        unsafe mutex = .allocate(capacity: 1)
        unsafe changed = .allocate(capacity: 1)
        let failed = unsafe pthread_mutex_init(mutex, nil) | pthread_cond_init(changed, nil)
        precondition(failed == 0)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe pthread_cond_destroy(changed)
        unsafe mutex.deallocate()
        unsafe changed.deallocate()
    }

    /// How many threads the gate holds up now.
    var waitingCount: Int {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return unsafe waiting
    }

    func open() {
        unsafe pthread_mutex_lock(mutex)
        unsafe isOpen = true
        unsafe pthread_cond_broadcast(changed)
        unsafe pthread_mutex_unlock(mutex)
    }

    /// Returns once the gate is open, or after five minutes, so that a failed test ends.
    func wait() {
        var deadline = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &deadline)
        deadline.tv_sec += 300
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        unsafe waiting += 1
        while unsafe !isOpen {
            if unsafe pthread_cond_timedwait(changed, mutex, &deadline) != 0 { break }
        }
        unsafe waiting -= 1
    }
}
