internal import Bytes
private import Glibc
internal import Platform
internal import Synchronization

/// Holds the files of one version against what its manifest says of them.
///
/// Waits for the disk, so no loop may call it. Leaves the page cache as it was.
public struct FileVerifier: Sendable {
    /// The version's directory.
    public let directory: String
    private let threadCount: Int

    /// - Parameters:
    ///   - directory: The version's directory.
    ///   - threadCount: How many files may be hashed at once; 1 to 64.
    public init(directory: String, threadCount: Int = 2) {
        precondition((1...64).contains(threadCount))
        self.directory = directory
        self.threadCount = threadCount
    }

    /// Finds files that are missing, or have another size than the manifest says; reads no content.
    ///
    /// - Returns: The problems by path.
    public func checkSizes(_ files: [Manifest.File]) -> [FileProblem] {
        files.sorted { $0.path < $1.path }.compactMap { file in
            do throws(SystemError) {
                let bytes = try FileSize.bytes(of: "\(directory)/\(file.path)")
                guard bytes != file.bytes else { return nil }
                return FileProblem(path: file.path, reason: .size(actual: bytes, expected: file.bytes))
            } catch {
                return FileProblem(path: file.path, reason: .init(error))
            }
        }
    }

    /// Hashes every file, the largest first, on several threads, and finds those that are not as the manifest says.
    ///
    /// - Parameters:
    ///   - files: As the manifest lists them.
    ///   - isCancelled: Asked for every mebibyte, on any of the threads.
    ///   - progress: Told how many more bytes have been hashed, or passed over where a file is wrong; on any of the
    ///     threads, several at once. It may wait, to hold the rate down.
    /// - Returns: The problems by path, or `nil` where it was cancelled.
    public func checkContents(
        _ files: [Manifest.File], isCancelled: @escaping @Sendable () -> Bool = { false },
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) -> [FileProblem]? {
        let work = Work(files: files.sorted { $0.bytes > $1.bytes })
        let run = { @Sendable in
            while let file = work.next() {
                switch examine(file, isCancelled, progress) {
                case .sound: break
                case .wrong(let reason): work.note(FileProblem(path: file.path, reason: reason))
                case .cancelled: work.cancel()
                }
            }
        }
        var threads: [Thread] = []
        for _ in 1..<max(min(threadCount, files.count), 1) {
            // Where no thread is to be had, those that there are do its work.
            if let thread = try? Thread(name: "verify", run) { threads.append(thread) }
        }
        run()
        for thread in threads { thread.join() }
        return work.outcome
    }

    /// The SHA-256 of one file.
    ///
    /// - Returns: The digest and how many bytes it is over; `nil` where it was cancelled.
    /// - Throws: ``FileProblem``: missing or unreadable.
    public func digest(
        of path: String, isCancelled: () -> Bool = { false }, progress: (Int) -> Void = { _ in }
    ) throws(FileProblem) -> (digest: SHA256Digest, byteCount: Int)? {
        do throws(SystemError) {
            var file = try SequentialFile(path: "\(directory)/\(path)")
            return try Self.hash(&file, isCancelled, progress)
        } catch {
            throw FileProblem(path: path, reason: .init(error))
        }
    }

    private enum Verdict {
        case sound
        case wrong(FileProblem.Reason)
        case cancelled
    }

    private func examine(
        _ expected: Manifest.File, _ isCancelled: () -> Bool, _ progress: (Int) -> Void
    ) -> Verdict {
        do throws(SystemError) {
            var file = try SequentialFile(path: "\(directory)/\(expected.path)")
            guard file.byteCount == expected.bytes else {
                progress(expected.bytes)
                return .wrong(.size(actual: file.byteCount, expected: expected.bytes))
            }
            guard let (digest, byteCount) = try Self.hash(&file, isCancelled, progress) else { return .cancelled }
            // It may have shrunk or grown meanwhile.
            guard byteCount == expected.bytes else {
                return .wrong(.size(actual: byteCount, expected: expected.bytes))
            }
            return digest == expected.sha256
                ? .sound : .wrong(.digest(actual: digest, expected: expected.sha256))
        } catch {
            return .wrong(.init(error))
        }
    }

    private static func hash(
        _ file: inout SequentialFile, _ isCancelled: () -> Bool, _ progress: (Int) -> Void
    ) throws(SystemError) -> (digest: SHA256Digest, byteCount: Int)? {
        var hash = SHA256()
        var piece = ByteBuffer()
        var byteCount = 0
        while try file.readPiece(into: &piece) {
            guard !isCancelled() else { return nil }
            hash.update(piece.span)
            byteCount += piece.count
            progress(piece.count)
        }
        return (hash.finish(), byteCount)
    }
}

/// The files still to be hashed, and what has been found; any thread.
private final class Work: Sendable {
    private struct State {
        var files: ArraySlice<Manifest.File>
        var problems: [FileProblem] = []
        var isCancelled = false
    }

    private let state: Mutex<State>

    init(files: [Manifest.File]) { state = Mutex(State(files: files[...])) }

    /// Takes a file that nobody has taken; `nil` once there is none, or the work was cancelled.
    func next() -> Manifest.File? { state.withLock { $0.isCancelled ? nil : $0.files.popFirst() } }

    func note(_ problem: FileProblem) { state.withLock { $0.problems.append(problem) } }

    func cancel() { state.withLock { $0.isCancelled = true } }

    /// The problems by path, or `nil` where the work was cancelled.
    var outcome: [FileProblem]? {
        state.withLock { $0.isCancelled ? nil : $0.problems.sorted { $0.path < $1.path } }
    }
}

extension FileProblem.Reason {
    fileprivate init(_ error: SystemError) {
        self = error.code == ENOENT || error.code == ENOTDIR ? .missing : .unreadable(error.reason)
    }
}
