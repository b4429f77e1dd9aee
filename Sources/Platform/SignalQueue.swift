import CLinux
import Glibc

/// The signals this process acts on, read like any other input.
public enum ProcessSignal: Sendable {
    /// SIGHUP: re-open logs and re-read settings and the data directory.
    case reload
    /// SIGTERM or SIGINT: answer what has been received and exit.
    case stop
    /// SIGUSR1: log the state.
    case report

    init?(number: Int32) {
        switch number {
        case SIGHUP: self = .reload
        case SIGTERM, SIGINT: self = .stop
        case SIGUSR1: self = .report
        default: return nil
        }
    }
}

/// Turns signals into reads on a descriptor, so that no code of ours runs inside a signal handler.
public struct SignalQueue: ~Copyable, Sendable {
    private let descriptor: FileDescriptor

    /// Blocks the signals in the calling thread, and in every thread it starts from now on.
    ///
    /// So call it first in `main`: a thread started earlier would still die of SIGHUP. SIGPIPE is
    /// ignored for good: a write to a closed peer is an error to handle where it happens.
    public init() throws(SystemError) {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for number in [SIGHUP, SIGTERM, SIGINT, SIGUSR1] { unsafe sigaddset(&signals, number) }
        let failure = unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        precondition(failure == 0)
        signal(SIGPIPE, SIG_IGN)
        descriptor = FileDescriptor(
            owning: try check("signalfd") { unsafe signalfd(-1, &signals, Int32(SFD_CLOEXEC)) })
    }

    /// Has SIGHUP wait for the queue that is made later; call it first in `main`.
    ///
    /// A server is told of a version as soon as its process is there, and must not die of that.
    public static func holdReload() {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGHUP)
        let failure = unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        precondition(failure == 0)
    }

    /// Waits for the next signal, at most for `milliseconds`; -1 waits for as long as it takes.
    ///
    /// - Parameters:
    ///   - milliseconds: How long to wait.
    ///   - others: What else ends the wait when it can be read.
    /// - Returns: `nil` where none came in time, or one of `others` can be read.
    /// - Throws: Where the kernel has no memory for it.
    public func next(
        milliseconds: Int32, orReadable others: [Int32] = []
    ) throws(SystemError) -> ProcessSignal? {
        var wanted = ([descriptor.rawValue] + others).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let count = nfds_t(wanted.count)
        guard try check("poll", { unsafe poll(&wanted, count, milliseconds) }) > 0, wanted[0].revents != 0 else {
            return nil
        }
        var info = signalfd_siginfo()
        try check("read") { unsafe read(descriptor.rawValue, &info, MemoryLayout.size(ofValue: info)) }
        return ProcessSignal(number: Int32(info.ssi_signo))
    }
}
