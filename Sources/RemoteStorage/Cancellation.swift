internal import Synchronization

/// Ends what a source is doing from another thread; a source notices within about 100 ms.
public final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)

    public init() {}

    /// Never blocks, and cannot be taken back.
    public func cancel() { flag.store(true, ordering: .relaxed) }

    public var isCancelled: Bool { flag.load(ordering: .relaxed) }

    func check() throws(SourceError) {
        if isCancelled { throw .cancelled }
    }
}
