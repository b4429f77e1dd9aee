internal import Bytes
internal import PackedStorage
internal import Platform

/// Writes a version in the packed format, with one thread or several.
///
/// All rows of a segment go to one job and in their order, so the files do not depend on the number of jobs.
final class PackedWriter: VersionWriter {
    let format = "packed"

    private let monitor: BuildMonitor
    private let output: String
    private let slotsPerSegment: Int
    /// Where there is one job, it is done on the building thread.
    private var rows: SegmentRows?
    private var placedKey = ByteBuffer()
    private var jobs: [SegmentJobFeed] = []
    /// By segment, an index into `jobs`.
    private var jobOfSegment: [Int] = []
    private let ended = BlockingQueue<Int>(countMax: SegmentJob.countMax)

    /// Starts as many jobs as have work, and enough memory to do it.
    ///
    /// `output` and `runs` are empty directories.
    init(
        _ options: PackedBuildOptions, output: String, runs: String, memoryBytes: Int, jobs jobCount: Int,
        duplicates: DuplicateRule, monitor: BuildMonitor
    ) throws(BuildError) {
        self.monitor = monitor
        self.output = output
        slotsPerSegment = options.slotsPerSegment
        let count = min(
            jobCount, options.segmentCount, memoryBytes / BuildOptions.memoryBytesMin, SegmentJob.countMax)
        guard count > 1 else {
            rows = SegmentRows(
                0..<options.segmentCount, options, runs: runs, memoryBytes: memoryBytes, duplicates: duplicates,
                checkpoints: monitor.checkpoints)
            return
        }
        for index in 0..<count {
            let segments = index * options.segmentCount / count..<(index + 1) * options.segmentCount / count
            let job = SegmentJob(
                index, segments, options, output: output, runs: "\(runs)/\(index)", memoryBytes: memoryBytes / count,
                duplicates: duplicates, ended: ended)
            jobOfSegment += [Int](repeating: index, count: segments.count)
            do throws(BuildError) {
                try FileTree.makeDirectory("\(runs)/\(index)")
                jobs.append(try SegmentJobFeed(job))
            } catch {
                cancel()
                throw error
            }
        }
    }

    func add(key: Span<UInt8>, value: Span<UInt8>, origin: RowOrigin) throws(BuildError) {
        let place = PlacedKey(segment: PackedKey.slot(key) / slotsPerSegment, hash: PackedKey.hash(key))
        guard jobs.isEmpty else {
            return try jobs[jobOfSegment[place.segment]].add(
                place, key: key, value: value, origin: origin, monitor: monitor)
        }
        placedKey.removeAll()
        place.append(with: key, to: &placedKey)
        try rows?.add(placedKey: placedKey, value: value, origin: origin)
    }

    func finish() throws(BuildError) -> WrittenRows {
        guard !jobs.isEmpty else {
            guard var rows = rows.take() else { preconditionFailure("a version is finished once") }
            return try rows.write(to: output)
        }
        for feed in jobs { try feed.end(monitor: monitor) }
        var written = WrittenRows()
        var waiting = jobs.count
        while waiting > 0 {
            if let index = ended.pop(until: Clock.monotonicNanoseconds() + SegmentJob.waitNanoseconds) {
                written.merge(try jobs[index].job.result())
                waiting -= 1
            }
            let done = jobs.reduce(0) { $0 + $1.job.rowsWritten }
            try monitor.update {
                $0.rows = done
                $0.done = done
            }
        }
        for feed in jobs { feed.join() }
        jobs = []
        return written
    }

    func cancel() {
        for feed in jobs { feed.job.cancel() }
        for feed in jobs { feed.join() }
        jobs = []
    }
}
