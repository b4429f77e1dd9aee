internal import Datasets
internal import Platform

/// Hashes every file of a version on a thread of its own, at low priority.
final class Verifying: Sendable {
    enum Outcome: Sendable {
        case sound(files: Int, bytes: Int, milliseconds: Int)
        case damaged([FileProblem])
        /// It could not be found out.
        case failed(String)
        case cancelled
    }

    let cancellation = SwapCancellation()
    private let thread: Thread

    /// Starts at once; `done` is called on the new thread when there is an outcome.
    init(
        _ place: VersionPlace, database: Int, done: @escaping @Sendable (Outcome) -> Void
    ) throws(SystemError) {
        let cancellation = cancellation
        thread = try Thread(name: "verify-\(database)") {
            Thread.lowerPriority()
            done(Self.outcome(place, cancellation))
        }
    }

    private static func outcome(_ place: VersionPlace, _ cancellation: SwapCancellation) -> Outcome {
        let start = Clock.monotonicNanoseconds()
        do throws(DataDirectoryError) {
            let directory = VersionDirectory(path: place.path)
            // Held, so that files that go away are not taken for damage.
            let hold = try directory.hold()
            defer { withExtendedLifetime(hold) {} }
            let manifest = try directory.manifest().manifest
            guard hold != nil else { return .failed("it is being deleted") }
            let verifier = FileVerifier(directory: place.path, threadCount: 1)
            let problems = verifier.checkContents(manifest.files, isCancelled: { cancellation.isCancelled })
            guard let problems else { return .cancelled }
            let wrong = problems.filter { !$0.isInputOutput }
            guard wrong.isEmpty else { return .damaged(wrong) }
            if let unreadable = problems.first { return .failed("\(unreadable)") }
            return .sound(
                files: manifest.files.count, bytes: manifest.byteCount,
                milliseconds: Int((Clock.monotonicNanoseconds() - start) / 1_000_000))
        } catch {
            return .failed(error.description)
        }
    }

    /// Waits for the thread, which has called `done` or is about to; to be called exactly once.
    func join() { thread.join() }
}
