internal import Datasets
internal import Platform

/// Hashes every file of a version on a thread of its own, at low priority.
final class Verifying: Sendable {
    enum Outcome: Sendable {
        case sound(id: String, files: Int, bytes: Int, milliseconds: Int)
        case damaged(id: String, [FileProblem])
        /// It could not be found out.
        case failed(id: String, String)

        var id: String {
            switch self {
            case .sound(let id, _, _, _), .damaged(let id, _), .failed(let id, _): id
            }
        }
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
            let manifest = try directory.manifest().manifest
            let verifier = FileVerifier(directory: place.path, threadCount: 1)
            let problems = verifier.checkContents(manifest.files, isCancelled: { cancellation.isCancelled })
            guard let problems else { return .failed(id: place.id, "it was cancelled") }
            if let unreadable = problems.first(where: \.isInputOutput) { return .failed(id: place.id, "\(unreadable)") }
            guard problems.isEmpty else { return .damaged(id: place.id, problems) }
            return .sound(
                id: place.id, files: manifest.files.count, bytes: manifest.byteCount,
                milliseconds: Int((Clock.monotonicNanoseconds() - start) / 1_000_000))
        } catch {
            return .failed(id: place.id, error.description)
        }
    }

    /// Waits for the thread, which has called `done` or is about to; to be called exactly once.
    func join() { thread.join() }
}
