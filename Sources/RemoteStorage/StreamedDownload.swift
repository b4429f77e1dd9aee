internal import Datasets
internal import Platform

/// Fills files one after the other from something that gives their bytes in order.
final class StreamedDownload {
    private let downloads: [ObjectDownload]
    private let options: TransferOptions
    private let cancellation: Cancellation
    private let check = LandingCheck(wake: {})
    /// Landings that are written and not known to be right yet, by index.
    private var unchecked: [Int: Landing] = [:]
    /// Files that were tried again from their first byte.
    private var restarted: Set<Int> = []
    private var pending: [Int]
    private var limit: RateLimit
    private var progress: TransferProgress
    private var reportedNanoseconds: UInt64 = 0

    init(_ downloads: [ObjectDownload], options: TransferOptions, cancellation: Cancellation) {
        self.downloads = downloads
        self.options = options
        self.cancellation = cancellation
        pending = downloads.indices.reversed()
        limit = RateLimit(bytesPerSecond: options.bytesPerSecondMax)
        progress = TransferProgress(
            bytesTotal: downloads.reduce(0) { $0 + $1.bytes }, bytesDone: downloads.reduce(0) { $0 + $1.resumeOffset },
            bytesTransferred: 0, filesTotal: downloads.count, filesDone: 0)
    }

    /// Calls `fill` for each file, to write it from where its landing is up to, and to call ``advance(_:by:)``.
    func run(
        _ fill: (ObjectDownload, Landing, StreamedDownload) throws(SourceError) -> Void
    ) throws(SourceError) {
        try check.run { () throws(SourceError) in
            while progress.filesDone < downloads.count {
                try cancellation.check()
                try takeDigests()
                if let index = pending.popLast() {
                    let landing = try land(index)
                    if landing.contiguousBytes < landing.bytes { try fill(downloads[index], landing, self) }
                } else if progress.filesDone < downloads.count {
                    try Pause.milliseconds(2, cancellation)
                }
            }
        }
        options.onProgress(progress)
    }

    /// Tells of `count` more bytes in the file of `landing`; waits as the rate and the hashing ask.
    func advance(_ landing: Landing, by count: Int) throws(SourceError) {
        landing.extend(to: landing.contiguousBytes + count)
        check.announce(landing)
        progress.bytesDone += count
        progress.bytesTransferred += count
        report()
        limit.consume(count)
        try Pause.milliseconds(limit.delayMilliseconds(), cancellation)
        while unhashedBytes > LandingCheck.unhashedBytesMax { try Pause.milliseconds(2, cancellation) }
    }

    func countRetry(after error: SourceError) { progress.retries.add(error.kind) }

    private var unhashedBytes: Int { unchecked.values.reduce(0) { $0 + $1.contiguousBytes - $1.hashedBytes } }

    private func land(_ index: Int) throws(SourceError) -> Landing {
        let download = downloads[index]
        let start = restarted.contains(index) ? 0 : download.resumeOffset
        let landing = try Landing(download, index: index, contiguousBytes: start)
        unchecked[index] = landing
        check.announce(landing)
        return landing
    }

    private func takeDigests() throws(SourceError) {
        for (landing, result) in check.takeOutcomes() where unchecked[landing.index] === landing {
            let digest = try result.get()
            let download = downloads[landing.index]
            unchecked[landing.index] = nil
            if digest == download.sha256 {
                progress.filesDone += 1
                report()
            } else if download.resumeOffset > 0, restarted.insert(landing.index).inserted {
                // The fault may be in what an earlier run has left.
                progress.retries.add(.corrupt)
                progress.bytesDone -= download.bytes
                pending.append(landing.index)
            } else {
                throw SourceError(
                    .corrupt,
                    "\(download.object), as it arrived in \(download.path), has SHA-256 \(digest), not \(download.sha256)"
                )
            }
        }
    }

    private func report() {
        let now = Clock.monotonicNanoseconds()
        guard now - reportedNanoseconds >= 100_000_000 else { return }
        reportedNanoseconds = now
        options.onProgress(progress)
    }
}
