import CLinux
import Glibc

/// Readiness notification for many descriptors, edge-triggered.
///
/// Edge-triggered, so that a connection is registered once in its life: neither back-pressure nor a
/// reply that did not fit costs an `epoll_ctl`. Owned by one loop, on one thread.
@safe public struct Epoll: ~Copyable {
    private let descriptor: FileDescriptor
    private let ready: UnsafeMutablePointer<epoll_event>
    private let batchMax: Int
    private var readyCount = 0

    /// Opens an epoll instance whose every ``wait(milliseconds:)`` reports at most `batchMax` events.
    public init(batchMax: Int = 512) throws(SystemError) {
        precondition(batchMax > 0)
        self.batchMax = batchMax
        descriptor = FileDescriptor(owning: try check("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
        unsafe ready = .allocate(capacity: batchMax)
    }

    deinit { unsafe ready.deallocate() }

    /// Reports every change of `target`'s readiness from now on, under `token`, until it is closed.
    ///
    /// Without `watchesOutput`, for what is only ever read, not when it can be written to.
    public func add(_ target: Int32, token: Token, watchesOutput: Bool = true) throws(SystemError) {
        var event = unsafe epoll_event()
        unsafe event.events =
            EPOLLIN.rawValue | (watchesOutput ? EPOLLOUT.rawValue : 0) | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        unsafe event.data.u64 = token.rawValue
        try check("epoll_ctl") { unsafe epoll_ctl(descriptor.rawValue, EPOLL_CTL_ADD, target, &event) }
    }

    /// Ends the reports for `target`.
    public func remove(_ target: Int32) throws(SystemError) {
        try check("epoll_ctl") { epoll_ctl(descriptor.rawValue, EPOLL_CTL_DEL, target, nil) }
    }

    /// Sleeps until something is ready or `milliseconds` have passed; -1 waits for as long as it takes.
    ///
    /// - Returns: How many events can be had by ``subscript(event:)``.
    public mutating func wait(milliseconds: Int32) throws(SystemError) -> Int {
        let count = try check("epoll_wait") {
            unsafe epoll_wait(descriptor.rawValue, ready, Int32(batchMax), milliseconds)
        }
        readyCount = Int(count)
        return readyCount
    }

    public subscript(event index: Int) -> Event {
        precondition(index >= 0 && index < readyCount)
        return unsafe Event(token: Token(rawValue: ready[index].data.u64), flags: ready[index].events)
    }
}

extension Epoll {
    /// Names a registration.
    ///
    /// The kernel may report a descriptor that was closed earlier in the same batch, and the number
    /// may already belong to another connection, so the place alone is not enough.
    @frozen public struct Token: Hashable, Sendable, BitwiseCopyable {
        public let rawValue: UInt64

        @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

        @inlinable public init(place: UInt32, generation: UInt32) {
            rawValue = UInt64(generation) << 32 | UInt64(place)
        }

        @inlinable public var place: UInt32 { UInt32(truncatingIfNeeded: rawValue) }
        @inlinable public var generation: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }
    }

    public struct Event: Sendable {
        public let token: Token
        let flags: UInt32

        /// Includes errors and hang-ups: the read that follows is what reports them.
        public var isReadable: Bool { flags & ~EPOLLOUT.rawValue != 0 }
        public var isWritable: Bool { flags & EPOLLOUT.rawValue != 0 }
        /// The connection is gone in both directions: nobody waits for a reply any more.
        public var isBroken: Bool { flags & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 }
        /// The peer will send nothing more, so an end of input is waiting behind what can be read.
        public var isEnding: Bool { flags & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 }
    }
}
