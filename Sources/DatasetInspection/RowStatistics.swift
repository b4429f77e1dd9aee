internal import Bytes
internal import Datasets
internal import Storage

/// What a walk over every row of a version has found.
struct RowStatistics {
    private(set) var keyCount = 0
    private(set) var valueBytes = 0
    private(set) var shortestValue = 0
    private(set) var longestValue = 0
    private(set) var minKey: ManifestKey?
    private(set) var maxKey: ManifestKey?

    /// Walks over all of `engine`, and tells `progress` after every page how many rows there were.
    init(of engine: any Engine, progress: (Int) -> Void) throws(EngineError) {
        let walk = try engine.makeRowWalk(from: .beginning)
        var page = RowPage()
        var last: [UInt8]?
        while true {
            try walk.readRows(into: &page)
            guard !page.isEmpty else { break }
            if minKey == nil {
                minKey = ManifestKey(page[keyAt: 0].copied())
                shortestValue = .max
            }
            if let last, page[keyAt: 0].compare(last.span) <= 0 { throw Self.disorder }
            for index in 0..<page.count {
                if index > 0, page[keyAt: index].compare(page[keyAt: index - 1]) <= 0 { throw Self.disorder }
                let count = page[valueAt: index].count
                valueBytes += count
                shortestValue = min(shortestValue, count)
                longestValue = max(longestValue, count)
            }
            keyCount += page.count
            last = page[keyAt: page.count - 1].copied()
            progress(keyCount)
        }
        maxKey = last.map(ManifestKey.init)
    }

    private static let disorder = EngineError(
        operation: "scan", kind: .damaged, message: "keys are not in ascending order")
}
