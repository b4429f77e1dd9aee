/// Sorts any number of rows by key in bounded memory: sorted runs on disk, merged at the end.
///
/// Rows that fit in memory never touch the disk.
struct RowSorter: ~Copyable {
    private let directory: String
    private let memoryBytes: Int
    private let duplicates: DuplicateCounter
    private let checkpoints: Checkpoints
    private var arena: RowArena
    /// The earliest first.
    private var runs: [RunFile] = []
    private var runsMade = 0

    /// Below this a merge would spend its time waiting for the disk to seek.
    private static let runBufferBytesMin = 128 << 10
    private static let runBufferBytesMax = 2 << 20
    /// More open files than this are not worth their buffers.
    private static let fanInMax = 128

    /// Runs go to `directory`, which must be there.
    init(directory: String, memoryBytes: Int, duplicates: DuplicateCounter, checkpoints: Checkpoints) {
        self.directory = directory
        self.memoryBytes = memoryBytes
        self.duplicates = duplicates
        self.checkpoints = checkpoints
        // The rest is for the input's buffer, which has to hold a whole row.
        arena = RowArena(bytesMax: memoryBytes / 4 * 3)
    }

    mutating func add(key: Span<UInt8>, value: Span<UInt8>, origin: RowOrigin) throws(BuildError) {
        if arena.append(key: key, value: value, origin: origin) { return }
        try spill()
        let isAppended = arena.append(key: key, value: value, origin: origin)
        precondition(isAppended, "an empty arena takes any row")
    }

    /// Adds a row as ``RowHeader`` describes it: header, key and value.
    mutating func add(row: Span<UInt8>) throws(BuildError) {
        if arena.append(row: row) { return }
        try spill()
        let isAppended = arena.append(row: row)
        precondition(isAppended, "an empty arena takes any row")
    }

    /// Visits all rows in ascending order of keys, bytewise, duplicates gone as the policy has it.
    mutating func drain(
        _ body: (_ key: Span<UInt8>, _ value: Span<UInt8>) throws(BuildError) -> Void
    ) throws(BuildError) {
        if runs.isEmpty {
            arena.sort()
            return try arena.forEachDistinct(duplicates) { (row) throws(BuildError) in
                try body(row.rowKey(at: 0), row.rowValue(at: 0))
            }
        }
        try spill()
        arena = RowArena(bytesMax: 0)
        let fanIn = max(2, min(Self.fanInMax, memoryBytes / 2 / Self.runBufferBytesMin))
        while runs.count > fanIn { try mergePass(fanIn) }
        try merge(runs).forEachDistinct(duplicates) { (row) throws(BuildError) in
            try body(row.rowKey(at: 0), row.rowValue(at: 0))
        }
        runs = []
    }

    /// Writes the rows in memory to a run of their own.
    private mutating func spill() throws(BuildError) {
        guard !arena.isEmpty else { return }
        try checkpoints.flush()
        arena.sort()
        var writer = try makeRun()
        try arena.forEachDistinct(duplicates) { (row) throws(BuildError) in try writer.append(row) }
        runs.append(try writer.finish())
        arena.removeAll()
    }

    /// Makes one run of every `fanIn` neighbours, so that later runs still win over earlier ones.
    private mutating func mergePass(_ fanIn: Int) throws(BuildError) {
        var merged: [RunFile] = []
        for start in stride(from: 0, to: runs.count, by: fanIn) {
            let group = Array(runs[start..<min(start + fanIn, runs.count)])
            var writer = try makeRun()
            try merge(group).forEachDistinct(duplicates) { (row) throws(BuildError) in
                try checkpoints.pass()
                try writer.append(row)
            }
            merged.append(try writer.finish())
        }
        runs = merged
    }

    private func merge(_ runs: [RunFile]) throws(BuildError) -> RunMerge {
        let share = memoryBytes / 2 / runs.count
        return try RunMerge(runs, bufferBytes: min(max(share, Self.runBufferBytesMin), Self.runBufferBytesMax))
    }

    private mutating func makeRun() throws(BuildError) -> RunWriter {
        runsMade += 1
        return try RunWriter(path: "\(directory)/\(runsMade).run")
    }
}
