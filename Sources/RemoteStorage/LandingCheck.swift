internal import Bytes
internal import Datasets
internal import Platform
internal import Synchronization

/// Hashes files while they land, on a thread of its own, and keeps them out of the page cache.
///
/// What has been hashed is sent to the disk at once, and dropped from the cache as soon as
/// ``writebackBytesMax`` more has followed it; so a download of any size holds a bounded number of pages.
final class LandingCheck: Sendable {
    /// How many bytes may have landed and not been hashed yet; at this limit the source waits.
    static let unhashedBytesMax = 32 << 20
    static let writebackBytesMax = 64 << 20
    static let pieceBytes = 8 << 20
    static let readBytes = 256 << 10

    /// The digest of a landing that is complete, or why it cannot be read.
    typealias Outcome = (landing: Landing, digest: Result<SHA256Digest, SourceError>)

    private let queue = BlockingQueue<Landing>(countMax: .max)
    private let finished = Mutex<[Outcome]>([])
    private let isStopped = Atomic<Bool>(false)
    /// Called on the check's thread when there is an outcome to take.
    private let wake: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    /// Has `landing` looked at; cheap enough to be called for each write.
    func announce(_ landing: Landing) {
        guard !landing.isAnnounced.exchange(true, ordering: .acquiringAndReleasing) else { return }
        // A landing is in the queue once at most, so the number of files bounds it.
        _ = queue.push(landing)
    }

    func takeOutcomes() -> [Outcome] {
        finished.withLock { outcomes in
            defer { outcomes.removeAll() }
            return outcomes
        }
    }

    /// Runs `body` beside the checking thread, which has ended when this returns.
    func run<Value>(_ body: () throws(SourceError) -> Value) throws(SourceError) -> Value {
        let thread: Thread
        do {
            thread = try Thread(name: "almanac-hash") { self.work() }
        } catch {
            throw SourceError(.local(errno: error.code), "cannot start a thread: \(error.reason)")
        }
        defer {
            queue.close()
            thread.join()
        }
        do {
            return try body()
        } catch {
            isStopped.store(true, ordering: .relaxed)
            throw error
        }
    }

    private func work() {
        var states: [ObjectIdentifier: HashedFile] = [:]
        var writebacks = WritebackQueue()
        while let landing = queue.pop() {
            if isStopped.load(ordering: .relaxed) { break }
            landing.isAnnounced.store(false, ordering: .sequentiallyConsistent)
            let key = ObjectIdentifier(landing)
            guard !landing.isAbandoned else {
                states[key] = nil
                continue
            }
            let state = states[key] ?? HashedFile(landing)
            states[key] = state
            do {
                guard let digest = try advance(state, &writebacks) else { continue }
                finish(landing, .success(digest))
            } catch {
                finish(landing, .failure(.local("read back", landing.path, error)))
            }
            states[key] = nil
        }
        // Nobody waits for these pages; a disk that fails now is met by the caller's fsync.
        while !isStopped.load(ordering: .relaxed), (try? writebacks.finishFirst()) == true {}
    }

    private func finish(_ landing: Landing, _ digest: Result<SHA256Digest, SourceError>) {
        finished.withLock { $0.append((landing, digest)) }
        wake()
    }

    /// Hashes what has landed since the last time; the digest once that is all.
    private func advance(
        _ state: HashedFile, _ writebacks: inout WritebackQueue
    ) throws(SystemError) -> SHA256Digest? {
        let landing = state.landing
        while state.offset < landing.contiguousBytes {
            if isStopped.load(ordering: .relaxed) || landing.isAbandoned { return nil }
            let count = min(Self.readBytes, landing.contiguousBytes - state.offset)
            try state.read(count)
            landing.markHashed(state.offset)
            let isWhole = state.offset == landing.bytes
            if state.offset - state.writebackStart >= Self.pieceBytes || isWhole {
                try writebacks.start(landing.file, state.writebackStart..<state.offset)
                state.writebackStart = state.offset
            }
        }
        return state.offset == landing.bytes ? state.finish() : nil
    }
}

/// The digest of one landing so far; the check's thread owns it.
private final class HashedFile {
    let landing: Landing
    var offset = 0
    var writebackStart = 0
    private var hash: SHA256? = SHA256()
    private var buffer = ByteBuffer(capacity: LandingCheck.readBytes)

    init(_ landing: Landing) { self.landing = landing }

    func read(_ count: Int) throws(SystemError) {
        buffer.removeAll()
        let added = try landing.file.read(count, at: offset, to: &buffer)
        // Somebody else has made the file shorter.
        guard added > 0 else { throw .unexpectedEnd }
        hash?.update(buffer.span)
        offset += added
    }

    func finish() -> SHA256Digest {
        guard let hash = hash.take() else { preconditionFailure("a digest is finished once") }
        return hash.finish()
    }
}

/// Ranges of files on their way to the disk, oldest first.
private struct WritebackQueue {
    private var ranges: [(file: BulkFile, range: Range<Int>)] = []
    private var bytes = 0

    mutating func start(_ file: BulkFile, _ range: Range<Int>) throws(SystemError) {
        guard !range.isEmpty else { return }
        try file.startWriteback(range)
        ranges.append((file, range))
        bytes += range.count
        while bytes > LandingCheck.writebackBytesMax { _ = try finishFirst() }
    }

    /// Waits for the oldest range; false where there is none.
    mutating func finishFirst() throws(SystemError) -> Bool {
        guard !ranges.isEmpty else { return false }
        let (file, range) = ranges.removeFirst()
        bytes -= range.count
        try file.finishWriteback(range)
        return true
    }
}
