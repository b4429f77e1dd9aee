import CLinux
import Glibc

/// A thread of the operating system, for the parts that must never wait for a task scheduler.
public final class Thread: Sendable {
    private let handle: pthread_t

    /// Starts `body` on a new thread, named `name` (at most 15 bytes) in `ps` and `top`.
    public init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        precondition(name.utf8.count <= 15)
        let start = unsafe Unmanaged.passRetained(Start(name: name, body: body)).toOpaque()
        var handle = pthread_t()
        let failure = unsafe pthread_create(
            &handle, nil,
            { argument in
                // Safety: the argument is the object retained for exactly this call.
                let start = unsafe Unmanaged<Start>.fromOpaque(argument.unsafelyUnwrapped).takeRetainedValue()
                _ = unsafe clinux_name_thread(start.name)
                start.body()
                return nil
            }, start)
        guard failure == 0 else {
            unsafe Unmanaged<Start>.fromOpaque(start).release()
            throw SystemError(call: "pthread_create", code: failure)
        }
        self.handle = handle
    }

    /// Waits until the thread has returned; to be called exactly once.
    public func join() {
        let failure = pthread_join(handle, nil)
        precondition(failure == 0)
    }

    /// Lets the thread end by itself, without ``join()``; to be called at most once.
    public func detach() {
        let failure = pthread_detach(handle)
        precondition(failure == 0)
    }

    /// Lets the calling thread, and those that it starts, have processor and disk only when others leave them.
    public static func lowerPriority() { clinux_lower_priority() }

    /// Has the calling thread do nothing for a while; never called on a loop.
    public static func sleep(nanoseconds: UInt64) {
        var left = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        var time = left
        while unsafe nanosleep(&time, &left) == -1, errno == EINTR { time = left }
    }

    private final class Start {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}
