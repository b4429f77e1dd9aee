internal import Glibc
internal import Platform

/// Why a source could not do what it was asked; retries that could have helped have been made.
public struct SourceError: Error, Equatable, CustomStringConvertible {
    public let kind: Kind
    /// One line for an operator: what was tried, where, and what came of it; never a secret.
    public let description: String

    public enum Kind: Sendable, Equatable {
        /// The object that was named is not there.
        case absent
        /// The source refused these credentials, or there are none.
        case unauthorised
        /// The source cannot be reached, or does not answer as it should; later it may.
        case unreachable
        /// What came is not what the manifest promises.
        case corrupt
        /// This machine failed: a file could not be read or written. `ENOSPC` and `EDQUOT` mean a full disk.
        case local(errno: Int32)
        /// ``Cancellation/cancel()`` was called.
        case cancelled
        /// The source cannot do this at all.
        case unsupported
        /// The source, or what it takes from the environment, is written wrongly.
        case misconfigured
    }

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// Whether the same call may succeed later without anyone acting.
    public var isRetryable: Bool { kind == .unreachable }

    /// Whether a disk, or a quota on it, is full.
    public var isDiskFull: Bool { kind == .local(errno: ENOSPC) || kind == .local(errno: EDQUOT) }

    static let cancelled = SourceError(.cancelled, "the transfer was cancelled")

    /// Does `body` to the file at `path`, and tells of its failure as one of this machine.
    static func attempt<Value: ~Copyable>(
        _ action: String, _ path: String, _ body: () throws(SystemError) -> Value
    ) throws(SourceError) -> Value {
        do throws(SystemError) {
            return try body()
        } catch {
            throw .local(action, path, error)
        }
    }

    static func local(_ action: String, _ path: String, _ error: SystemError) -> SourceError {
        SourceError(.local(errno: error.code), "cannot \(action) \(path): \(error.reason)")
    }
}
