internal import Synchronization

/// Adds up what several threads have done, and tells of it for every 16 MiB.
final class ProgressCounter: Sendable {
    private static let stepBytes = 16 << 20

    private let total: Int
    private let done = Atomic<Int>(0)
    private let onProgress: @Sendable (Publisher.Progress) -> Void

    init(total: Int, _ onProgress: @escaping @Sendable (Publisher.Progress) -> Void) {
        self.total = total
        self.onProgress = onProgress
    }

    /// Called on any thread.
    func add(_ bytes: Int) {
        let (before, after) = done.add(bytes, ordering: .relaxed)
        guard before / Self.stepBytes != after / Self.stepBytes || after == total else { return }
        onProgress(Publisher.Progress(phase: .checking, bytesDone: after, bytesTotal: total))
    }
}
