internal import Glibc

/// The signals that ask a build to stop, held back so that it can clean up first.
public struct StopSignals: Sendable {
    private static let numbers = [SIGINT, SIGTERM, SIGHUP]

    /// Holds them back in this thread and all it starts from now on, and ignores SIGPIPE, so that a
    /// reader of the progress who goes away does not end the build.
    public init() {
        var signals = Self.set
        _ = unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Takes the number of one that has come, if one has.
    public func next() -> Int32? {
        var signals = Self.set
        var now = timespec()
        let number = unsafe sigtimedwait(&signals, nil, &now)
        return number > 0 ? number : nil
    }

    /// Ends this process by the signal that was held back, so that its parent sees what happened.
    public func die(of number: Int32) {
        signal(number, SIG_DFL)
        raise(number)
        var signals = Self.set
        _ = unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    private static var set: sigset_t {
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        for number in numbers { unsafe sigaddset(&signals, number) }
        return signals
    }
}
