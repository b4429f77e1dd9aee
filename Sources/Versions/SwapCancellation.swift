internal import Synchronization

/// Ends the opening of a version from another thread, at its next step.
final class SwapCancellation: Sendable {
    private let flag = Atomic<Bool>(false)

    func cancel() { flag.store(true, ordering: .relaxed) }

    var isCancelled: Bool { flag.load(ordering: .relaxed) }

    func check() throws(AdmissionFailure) {
        if isCancelled { throw .cancelled }
    }
}
