internal import Bytes
internal import Storage

/// Compares two datasets whose walks go in different orders: walks over one, and looks up in the other.
struct EngineComparison {
    private let progress: (_ done: Int, _ total: Int) -> Void
    private var tally: Tally
    private var done = 0
    private var total = 0

    init(_ samplesMax: Int, _ progress: @escaping (_ done: Int, _ total: Int) -> Void) {
        tally = Tally(samplesMax: samplesMax)
        self.progress = progress
    }

    /// Compares A, which is walked over, with B, which had better have the faster look-ups.
    consuming func compare(
        _ first: any Engine, _ firstPath: String, _ second: any Engine, _ secondPath: String
    ) throws(InspectionError) -> ComparisonResult {
        total = first.keyCount.value + second.keyCount.value
        try walk(first, firstPath, lookingIn: second, secondPath) { tally, page, row, batch, index in
            guard batch.outcome(at: index) == .hit else { return tally.missing(page[keyAt: row]) }
            tally.both(page[keyAt: row], isEqual: page[valueAt: row].isEqual(to: batch[valueAt: index]))
        }
        // Where B has no more keys than those found, none are new.
        if second.keyCount != .exact(tally.result.keysOfB) {
            try walk(second, secondPath, lookingIn: first, firstPath) { tally, page, row, batch, index in
                if batch.outcome(at: index) == .miss { tally.new(page[keyAt: row]) }
            }
        }
        return tally.result
    }

    /// Walks over the rows of one, and hands each to `note` with what was found of its key in the other.
    private mutating func walk(
        _ engine: any Engine, _ path: String, lookingIn other: any Engine, _ otherPath: String,
        _ note: (inout Tally, borrowing RowPage, Int, borrowing LookupBatch, Int) -> Void
    ) throws(InspectionError) {
        let reader = try RowReader(engine, path)
        var page = RowPage()
        var batch = other.makeBatch()
        while true {
            try reader.read(into: &page)
            guard !page.isEmpty else { return }
            for start in stride(from: 0, to: page.count, by: Self.keysInBatch) {
                let rows = start..<min(start + Self.keysInBatch, page.count)
                batch.removeAll()
                for row in rows { _ = batch.append(page[keyAt: row]) }
                other.lookUp(&batch, in: 0..<batch.count, tier: .anywhere)
                for index in 0..<batch.count {
                    guard [.hit, .miss].contains(batch.outcome(at: index)) else {
                        let failure = EngineError(operation: "get", kind: .damaged, message: "a key cannot be read")
                        throw InspectionError(batch.failure ?? failure, reading: otherPath)
                    }
                }
                for row in rows { note(&tally, page, row, batch, row - start) }
            }
            done += page.count
            progress(done, total)
        }
    }

    private static let keysInBatch = 512
}
