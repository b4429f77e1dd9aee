internal import Bytes
internal import Datasets
internal import Platform
internal import Synchronization

/// Reads finished files back, takes their digests and makes them unchangeable, with one thread or several.
final class FileSealing: Sendable {
    private let directory: String
    private let names: [String]
    private let sealed: Mutex<[Manifest.File?]>
    private let next = Atomic(0)
    private let bytesHashed = Atomic(0)
    private let isCancelled = Atomic(false)
    private let ended = BlockingQueue<Result<Void, BuildError>>(countMax: SegmentJob.countMax)

    private static let pieceBytes = 1 << 20

    /// `names` are files in `directory`.
    init(_ directory: String, _ names: [String]) {
        self.directory = directory
        self.names = names
        sealed = Mutex([Manifest.File?](repeating: nil, count: names.count))
    }

    /// Seals all files, and lists them in the order of their names.
    ///
    /// Calls `progress` now and then, on this thread, with the number of bytes hashed since the last call.
    func run(jobs: Int, _ progress: (Int) throws(BuildError) -> Void) throws(BuildError) -> [Manifest.File] {
        let threadCount = min(jobs, names.count, SegmentJob.countMax)
        if threadCount > 1 {
            try runThreads(threadCount, progress)
        } else {
            try work { (count) throws(BuildError) in try progress(count) }
        }
        return sealed.withLock { $0 }.compactMap { $0 }
    }

    private func runThreads(
        _ count: Int, _ progress: (Int) throws(BuildError) -> Void
    ) throws(BuildError) {
        var threads: [Thread] = []
        defer {
            isCancelled.store(true, ordering: .relaxed)
            for thread in threads { thread.join() }
        }
        for _ in 0..<count {
            do throws(SystemError) {
                threads.append(try Thread(name: "build") { self.workToEnd() })
            } catch {
                throw BuildError(.inputOutput, "cannot start a thread: \(error.reason); try fewer --jobs")
            }
        }
        var waiting = count
        var reported = 0
        while waiting > 0 {
            if let end = ended.pop(until: Clock.monotonicNanoseconds() + SegmentJob.waitNanoseconds) {
                try end.get()
                waiting -= 1
            }
            let hashed = bytesHashed.load(ordering: .relaxed)
            try progress(hashed - reported)
            reported = hashed
        }
    }

    private func workToEnd() {
        let end: Result<Void, BuildError>
        do throws(BuildError) {
            try work { (count) throws(BuildError) in
                self.bytesHashed.add(count, ordering: .relaxed)
                // Nobody hears of this: whoever cancels has an error of their own.
                if self.isCancelled.load(ordering: .relaxed) { throw BuildError(.inputOutput, "cancelled") }
            }
            end = .success(())
        } catch {
            end = .failure(error)
        }
        _ = ended.push(end)
    }

    /// Seals one file after the other that nobody has begun.
    private func work(_ progress: (Int) throws(BuildError) -> Void) throws(BuildError) {
        var buffer = ByteBuffer(capacity: Self.pieceBytes)
        while true {
            let index = next.add(1, ordering: .relaxed).oldValue
            guard index < names.count else { return }
            let file = try BuildFile(reading: "\(directory)/\(names[index])")
            guard try !file.isDirectory else {
                throw BuildError(
                    .inputOutput, "\(directory)/\(names[index]) is a directory; a version has plain files only")
            }
            var hash = SHA256()
            var bytes = 0
            while true {
                buffer.removeAll()
                let count = try file.read(Self.pieceBytes, to: &buffer)
                guard count > 0 else { break }
                hash.update(buffer.span)
                bytes += count
                try progress(count)
            }
            try file.seal()
            let sealed = Manifest.File(path: names[index], bytes: bytes, sha256: hash.finish())
            self.sealed.withLock { $0[index] = sealed }
        }
    }
}
