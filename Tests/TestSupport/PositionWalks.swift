public import Storage

// Walks of engines without an order of keys: by position, which is the top 52 bits of a key's XXH3 in all of them.

extension EngineConformance {
    /// What is wrong with a walk that reads each of its pages in the next of `engines`, and the first again after the
    /// last: it must give whatever is in all of them.
    public static func failures(ofWalkAcross engines: [any Engine], limit: Int, present: Set<[UInt8]>) throws
        -> [String]
    {
        var missing = present
        var start = ScanStart.beginning
        var pageCount = 0
        while true {
            let engine = engines[pageCount % engines.count]
            let next = try engine.scan(from: start, limit: limit) { missing.remove(Array(copying: $0)) }
            pageCount += 1
            guard let next else { break }
            guard case .position(let position) = next, isPosition(position) else { return ["next is \(next)"] }
            if case .position(let before) = start, position <= before { return ["\(next) follows \(start)"] }
            start = next
        }
        return missing.map { "never given: \($0)" } + (pageCount < 2 ? ["a walk of one page says nothing"] : [])
    }
}

private func isPosition(_ number: UInt64) -> Bool { (1..<1 << 52).contains(number) }

func checkPositionWalks(_ engine: any Engine, _ keys: [[UInt8]]) throws -> [String] {
    let sorted = keys.map { HashedKey($0) }.sorted()
    let near = sorted.prefix(4).map(\.position) + sorted.suffix(6).map(\.position)
    var positions: Set<UInt64> = [1, 1 << 40, 1 << 52 - 1]
    for position in near { positions.formUnion([position &- 1, position, position + 1]) }
    let starts = [ScanStart.beginning] + positions.filter(isPosition).sorted().map(ScanStart.position)
    var failures: [String] = []
    for start in starts {
        for limit in [1, 2, 7, max(keys.count, 1), keys.count + 1, .max] {
            let walk = PositionWalk(start, limit: limit)
            failures += try walk.failures(in: engine, of: sorted).map { "\(start), limit \(limit): \($0)" }
        }
    }
    do throws(EngineError) {
        _ = try engine.scan(from: .key([1]), limit: 1) { _ in }
        failures.append("an engine without an order takes a key for a start")
    } catch {
        if error.kind != .invalid { failures.append("a key for a start is \(error)") }
    }
    return failures
}

/// A walk over all pages from a start on.
private struct PositionWalk {
    private let start: ScanStart
    private let limit: Int

    init(_ start: ScanStart, limit: Int) {
        self.start = start
        self.limit = limit
    }

    func failures(in engine: any Engine, of keys: [HashedKey]) throws -> [String] {
        var (failures, pageCount): ([String], Int) = ([], 0)
        var here: UInt64 = 0
        if case .position(let position) = start { here = position }
        let expected = keys.drop { $0.position < here }.map(\.key)
        var visited: [[UInt8]] = []
        var next: ScanStart? = start
        while let from = next {
            var page: [HashedKey] = []
            next = try engine.scan(from: from, limit: limit) { page.append(HashedKey(Array(copying: $0))) }
            pageCount += 1
            visited += page.map(\.key)
            if page.count > limit, Set(page.map(\.position)).count > 1 { failures.append("a page of \(page.count)") }
            var end: UInt64 = 1 << 52
            switch next {
            case nil: break
            case .position(let position) where position > here && position < end: end = position
            default: return ["next is \(next.map { "\($0)" } ?? "none")"]
            }
            for entry in page where entry.position < here || entry.position >= end {
                failures.append("\(entry.key) is of another page")
            }
            if page.isEmpty, next != nil { failures.append("an empty page before the end") }
            here = end
        }
        if visited.count != Set(visited).count { failures.append("some keys twice") }
        if Set(visited) != Set(expected) { failures.append("\(visited.count) keys, not \(expected.count)") }
        // Pages that are much smaller than was asked for make a walk slow.
        if pageCount > 4 * (expected.count / limit) + 8 { failures.append("\(pageCount) pages") }
        return failures
    }
}

func checkPositionRowWalks(_ engine: any Engine, _ values: [[UInt8]: [UInt8]]) throws -> [String] {
    let sorted = values.keys.map { HashedKey($0) }.sorted()
    let positions = sorted.suffix(10).flatMap { [$0.position, $0.position + 1] }.filter(isPosition)
    let starts = [ScanStart.beginning] + positions.map(ScanStart.position)
    return try starts.flatMap { start in
        var here: UInt64 = 0
        if case .position(let position) = start { here = position }
        let keys = sorted.drop { $0.position < here }.map(\.key)
        return try rowWalkFailures(engine, from: start, keys: keys[...], values)
    }
}
