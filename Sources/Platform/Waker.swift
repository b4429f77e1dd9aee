import CLinux
import Synchronization

/// Wakes a loop from another thread.
public final class Waker: Sendable {
    private let descriptor: FileDescriptor
    /// Set from the first wake until the loop has seen it, so that a burst of wakes is one system call.
    private let isSignalled = Atomic<Bool>(false)

    public init() throws(SystemError) {
        descriptor = FileDescriptor(owning: try check("eventfd") { eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC)) })
    }

    /// Becomes readable when there is something to be woken for, for who waits without an ``Epoll``.
    public var readinessDescriptor: Int32 { descriptor.rawValue }

    public func register(with epoll: borrowing Epoll, token: Epoll.Token) throws(SystemError) {
        // Reading an eventfd makes it writable: watched for that, each wake would wake the loop twice.
        try epoll.add(descriptor.rawValue, token: token, watchesOutput: false)
    }

    /// Never blocks.
    public func wake() {
        guard !isSignalled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        _ = eventfd_write(descriptor.rawValue, 1)
    }

    /// Called by the loop before it looks at what it was woken for.
    public func acknowledge() {
        var count: eventfd_t = 0
        _ = unsafe eventfd_read(descriptor.rawValue, &count)
        isSignalled.store(false, ordering: .sequentiallyConsistent)
    }
}
