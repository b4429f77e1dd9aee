internal import Datasets
internal import Platform
internal import RemoteStorage

/// Why a version could not be published or brought here.
public struct SyncError: Error, Equatable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// What was published is wrong, incomplete, or not what its pointer promises.
        case badData
        /// A server, or `almanac sync` itself, refused the version that was just brought here.
        case refused
        /// The source, or the server, cannot be reached or asked.
        case unreachable
        /// This machine failed, or its disk is full.
        case inputOutput
        /// Another process works on the data directory.
        case busy
        /// Something was given that cannot be: a source, a data directory.
        case misconfigured
        /// The source is one directory with what it is synchronised with, or one is in the other.
        case overlapping
        /// It was asked to stop.
        case cancelled
    }

    public let kind: Kind
    /// One line for an operator.
    public let description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    static let cancelled = SyncError(.cancelled, "stopped by a signal; what has been downloaded is kept")

    init(_ error: DataDirectoryError) {
        let kind: Kind =
            switch error.kind {
            case .busy: .busy
            case .damaged, .unsupported: .badData
            case .absent, .present, .invalid, .readOnly, .full, .io: .inputOutput
            }
        self.init(kind, error.description)
    }

    init(_ error: SourceError) {
        let kind: Kind =
            switch error.kind {
            case .absent, .unauthorised, .unreachable: .unreachable
            case .corrupt: .badData
            case .local: .inputOutput
            case .cancelled: .cancelled
            case .unsupported, .misconfigured: .misconfigured
            }
        if kind == .cancelled { self = .cancelled } else { self.init(kind, error.description) }
    }

    init(_ error: SystemError, _ action: String) {
        self.init(.inputOutput, "\(action): \(error.reason)")
    }

    // MARK: At the boundaries

    /// Does something with the data directory.
    static func disk<Value: ~Copyable>(
        _ body: () throws(DataDirectoryError) -> Value
    ) throws(SyncError) -> Value {
        do throws(DataDirectoryError) { return try body() } catch { throw SyncError(error) }
    }

    /// Asks the source.
    static func source<Value>(_ body: () throws(SourceError) -> Value) throws(SyncError) -> Value {
        do throws(SourceError) { return try body() } catch { throw SyncError(error) }
    }

    /// Asks the operating system; `action` is what an operator is told could not be done.
    static func system<Value>(
        _ action: @autoclosure () -> String, _ body: () throws(SystemError) -> Value
    ) throws(SyncError) -> Value {
        do throws(SystemError) { return try body() } catch { throw SyncError(error, action()) }
    }
}
