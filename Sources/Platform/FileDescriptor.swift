import Glibc

/// Owns one open file descriptor, and closes it when it goes out of scope.
public struct FileDescriptor: ~Copyable, Sendable {
    public let rawValue: Int32

    /// Takes ownership of `rawValue`, which nothing else may close from now on.
    public init(owning rawValue: Int32) {
        precondition(rawValue >= 0)
        self.rawValue = rawValue
    }

    deinit {
        // EINTR on Linux still closes, so there is nothing to try again and nothing to report.
        _ = close(rawValue)
    }

    /// Gives the descriptor up without closing it; whoever takes the number owns it.
    public consuming func relinquish() -> Int32 {
        let number = rawValue
        discard self
        return number
    }
}
