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

    /// What the engine has found wrong with its files besides.
    private(set) var problems: [String] = []

    /// Walks over all of `engine`, and tells `progress` after every page how many rows there were.
    init(of engine: any Engine, progress: (Int) -> Void) throws(EngineError) {
        var verification: (any VerificationWalk)?
        if let engine = engine as? any VerifiableEngine { verification = try engine.makeVerificationWalk() }
        let walk: any RowWalk = if let verification { verification } else { try engine.makeRowWalk(from: .beginning) }
        var page = RowPage()
        var (least, greatest, last): ([UInt8]?, [UInt8]?, [UInt8]?)
        while true {
            try walk.readRows(into: &page)
            guard !page.isEmpty else { break }
            if engine.isOrdered {
                try Self.checkOrder(page, behind: last)
                last = page[keyAt: page.count - 1].copied()
                if least == nil { least = page[keyAt: 0].copied() }
            }
            if keyCount == 0 { shortestValue = .max }
            for index in 0..<page.count {
                let count = page[valueAt: index].count
                valueBytes += count
                shortestValue = min(shortestValue, count)
                longestValue = max(longestValue, count)
                guard !engine.isOrdered else { continue }
                if least.map({ page[keyAt: index].compare($0.span) < 0 }) ?? true {
                    least = page[keyAt: index].copied()
                }
                if greatest.map({ page[keyAt: index].compare($0.span) > 0 }) ?? true {
                    greatest = page[keyAt: index].copied()
                }
            }
            keyCount += page.count
            progress(keyCount)
        }
        minKey = least.map(ManifestKey.init)
        maxKey = (last ?? greatest).map(ManifestKey.init)
        problems = verification?.problems ?? []
    }

    private static func checkOrder(_ page: borrowing RowPage, behind last: [UInt8]?) throws(EngineError) {
        if let last, page[keyAt: 0].compare(last.span) <= 0 { throw disorder }
        for index in 1..<max(page.count, 1) where page[keyAt: index].compare(page[keyAt: index - 1]) <= 0 {
            throw disorder
        }
    }

    private static let disorder = EngineError(
        operation: "scan", kind: .damaged, message: "keys are not in ascending order")
}
