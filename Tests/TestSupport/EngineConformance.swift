public import Storage

/// What every engine must do, as a list of cases to be run against each.
///
/// A case returns what is wrong, in words; nothing wrong is an empty list.
public struct EngineConformance: Sendable, CustomStringConvertible {
    public let description: String
    /// What the engine under test must hold.
    public let entries: [[UInt8]: [UInt8]]
    private let check: @Sendable (any Engine, Expectation) throws -> [String]

    /// Checks `engine`, which must hold exactly ``entries``.
    public func failures(of engine: any Engine) throws -> [String] {
        try check(engine, Expectation(entries))
    }

    public static let all: [EngineConformance] = [
        EngineConformance("hits and misses", text(["a": "1", "b": "2", "bb": "22"])) { engine, expected in
            compare(engine, expected, keys: ["a", "b", "bb", "", "aa", "c", "b\0"].map { Array($0.utf8) })
        },
        EngineConformance("an empty value is a hit, not a miss", text(["empty": "", "full": "x"])) { engine, expected in
            compare(engine, expected, keys: ["empty", "full", "empt"].map { Array($0.utf8) })
        },
        EngineConformance("the empty key", text(["": "nothing", "a": "1"])) { engine, expected in
            compare(engine, expected, keys: [[], [0], [97]])
        },
        EngineConformance("keys and values of any bytes", binary) { engine, expected in
            compare(engine, expected, keys: expected.keys + [[255, 255, 255], [0, 0, 0, 0, 1]])
        },
        EngineConformance("large values and keys", large) { engine, expected in
            compare(engine, expected, keys: expected.keys + [Array("huge".utf8)])
        },
        EngineConformance("a key twice in a batch", text(["a": "1"])) { engine, expected in
            compare(engine, expected, keys: [[97], [98], [97], [97], [98]])
        },
        EngineConformance("batches of 0, 1 and 1000, reused", numbered(1500)) { engine, expected in
            var failures: [String] = []
            var batch = engine.makeBatch()
            for size in [0, 1, 1000, 64, 1000, 0, 3] {
                failures += compare(engine, expected, keys: Array(expected.keys.prefix(size)), batch: &batch)
            }
            return failures
        },
        EngineConformance("only the range asked for is answered", numbered(20)) { engine, expected in
            checkRange(engine, expected)
        },
        EngineConformance("walks", numbered(300)) { engine, expected in try checkWalks(engine, expected) },
        EngineConformance("walks over binary keys", binary) { engine, expected in try checkWalks(engine, expected) },
        EngineConformance("walks over rows", numbered(5000)) { engine, expected in
            try checkRowWalks(engine, expected)
        },
        EngineConformance("walks over rows of any bytes", binary) { engine, expected in
            try checkRowWalks(engine, expected)
        },
        EngineConformance("walks over large rows", large) { engine, expected in try checkRowWalks(engine, expected) },
        EngineConformance("walks over keys that share a position, or a hash", crowded) { engine, expected in
            try checkWalks(engine, expected) + checkRowWalks(engine, expected)
        },
        EngineConformance("look-ups of keys that share a hash", crowded) { engine, expected in
            let others = CraftedKeys.keys(withHash: sharedHash + 4000)
            return compare(engine, expected, keys: expected.keys + others)
        },
        EngineConformance("nothing at all", [:]) { engine, expected in
            try compare(engine, expected, keys: [[], [1]]) + checkWalks(engine, expected)
                + checkRowWalks(engine, expected)
                + (engine.randomKey(seed: 1) { _ in } ? ["a random key where there is none"] : [])
        },
        EngineConformance("every key can be the random one", numbered(40)) { engine, expected in
            try checkRandomKeys(engine, expected)
        },
        EngineConformance("every key can be the random one, however unevenly spread", uneven) { engine, expected in
            try checkRandomKeys(engine, expected)
        },
        EngineConformance("the number of keys is exact", numbered(1234)) { engine, _ in
            engine.keyCount == .exact(1234) ? [] : ["counted \(engine.keyCount)"]
        },
    ]

    private init(
        _ description: String, _ entries: [[UInt8]: [UInt8]],
        _ check: @escaping @Sendable (any Engine, Expectation) throws -> [String]
    ) {
        self.description = description
        self.entries = entries
        self.check = check
    }
}

/// The entries of a case, and their keys in order.
private struct Expectation: Sendable {
    let values: [[UInt8]: [UInt8]]
    let keys: [[UInt8]]

    init(_ entries: [[UInt8]: [UInt8]]) {
        values = entries
        keys = entries.keys.sorted { $0.lexicographicallyPrecedes($1) }
    }
}

// MARK: - Entries

private func text(_ entries: [String: String]) -> [[UInt8]: [UInt8]] {
    Dictionary(uniqueKeysWithValues: entries.map { (Array($0.utf8), Array($1.utf8)) })
}

private func numbered(_ count: Int) -> [[UInt8]: [UInt8]] {
    text(Dictionary(uniqueKeysWithValues: (0..<count).map { ("key:\($0 * 7919)", "value of \($0)") }))
}

private let binary: [[UInt8]: [UInt8]] = {
    var entries: [[UInt8]: [UInt8]] = [
        [0]: [0], [0, 0]: [255], [255]: [], [255, 255]: [0, 1, 2], [13, 10]: [13, 10],
    ]
    for byte in UInt8.min...UInt8.max { entries[[128, byte, 0]] = [byte] }
    return entries
}()

private let large: [[UInt8]: [UInt8]] = [
    Array("megabyte".utf8): (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) },
    Array("more".utf8): Array(repeating: 7, count: 5 << 20),
    Array(repeating: 107, count: 64 << 10): [1],
    Array("small".utf8): [2],
]

/// A dense cluster that shares more than eight bytes, and a few keys far from it.
private let uneven: [[UInt8]: [UInt8]] = {
    var entries = text(["a": "", "zzzzzzzzz": "", "zzzzzzzzzz": ""])
    for number in 0..<30 { entries[Array("same-first-bytes-\(100 + number)".utf8)] = [] }
    return entries
}()

/// The hash of three keys, whose position is that of many others.
private let sharedHash: UInt64 = 0x1234_5678_9ABC_D000

/// Keys that crowd a few positions, the first and the last among them, between others.
private let crowded: [[UInt8]: [UInt8]] = {
    var entries = numbered(200)
    let crowds = [
        sharedHash...sharedHash + 90, sharedHash + 4095...sharedHash + 4097, 0...5, UInt64.max - 5...UInt64.max,
    ]
    for key in crowds.flatMap(CraftedKeys.keys) + CraftedKeys.keys(withHash: sharedHash) { entries[key] = key }
    return entries
}()

// MARK: - Checks

private func compare(_ engine: any Engine, _ expected: Expectation, keys: [[UInt8]]) -> [String] {
    var batch = engine.makeBatch()
    return compare(engine, expected, keys: keys, batch: &batch)
}

private func compare(
    _ engine: any Engine, _ expected: Expectation, keys: [[UInt8]], batch: inout LookupBatch
) -> [String] {
    batch.removeAll()
    for key in keys { _ = batch.append(key.span) }
    engine.lookUp(&batch, in: 0..<batch.count, tier: .anywhere)
    var failures = differences(batch, expected, keys)
    // All was read just now, so it is resident, unless the engine has no memory to spare.
    let first = batch.count
    for key in keys { _ = batch.append(key.span) }
    engine.lookUp(&batch, in: first..<batch.count, tier: .resident)
    for index in keys.indices where batch.outcome(at: first + index) != .wouldBlock {
        if batch.outcome(at: first + index) != batch.outcome(at: index) {
            failures.append("\(keys[index].prefix(20)): \(batch.outcome(at: first + index)) when resident")
        }
    }
    return failures
}

private func differences(_ batch: borrowing LookupBatch, _ expected: Expectation, _ keys: [[UInt8]]) -> [String] {
    var failures: [String] = []
    for (index, key) in keys.enumerated() {
        let outcome: Outcome = expected.values[key] == nil ? .miss : .hit
        if batch.outcome(at: index) != outcome {
            failures.append("\(key.prefix(20)): \(batch.outcome(at: index)), not \(outcome)")
        } else if let value = expected.values[key], Array(copying: batch[valueAt: index]) != value {
            failures.append("\(key.prefix(20)): another value")
        }
        if Array(copying: batch[keyAt: index]) != key { failures.append("\(key.prefix(20)): another key") }
    }
    return failures
}

private func checkRange(_ engine: any Engine, _ expected: Expectation) -> [String] {
    var batch = engine.makeBatch()
    for key in expected.keys { _ = batch.append(key.span) }
    engine.lookUp(&batch, in: 5..<10, tier: .anywhere)
    return (0..<batch.count).compactMap { index in
        let outcome: Outcome = (5..<10).contains(index) ? .hit : .pending
        return batch.outcome(at: index) == outcome ? nil : "\(index): \(batch.outcome(at: index)), not \(outcome)"
    }
}

private func checkWalks(_ engine: any Engine, _ expected: Expectation) throws -> [String] {
    guard engine.isOrdered else { return try checkPositionWalks(engine, expected.keys) }
    let starts: [ScanStart] =
        [.beginning, .key([]), .key([0]), .key([255, 255, 255, 255])]
        + expected.keys.prefix(40).flatMap { [.key($0), .key($0 + [0])] }
    var failures: [String] = []
    for start in starts {
        for limit in [1, 2, 7, max(expected.keys.count, 1), expected.keys.count + 1] {
            var visited: [[UInt8]] = []
            let next = try engine.scan(from: start, limit: limit) { visited.append(Array(copying: $0)) }
            let rest = expected.keys.filter { key in
                guard case .key(let first) = start else { return true }
                return !key.lexicographicallyPrecedes(first)
            }
            if visited != Array(rest.prefix(limit)) { failures.append("\(start), limit \(limit): visited \(visited)") }
            if next != rest.dropFirst(limit).first.map({ .key($0) }) {
                failures.append("\(start), limit \(limit): next \(next.map { "\($0)" } ?? "none")")
            }
        }
    }
    return failures
}

private func checkRowWalks(_ engine: any Engine, _ expected: Expectation) throws -> [String] {
    guard engine.isOrdered else { return try checkPositionRowWalks(engine, expected.values) }
    let starts: [ScanStart] =
        [.beginning, .key([]), .key([0]), .key([255, 255, 255, 255])]
        + expected.keys.suffix(20).flatMap { [.key($0), .key($0 + [0])] }
    return try starts.flatMap { start in
        let keys = expected.keys.drop { key in
            guard case .key(let first) = start else { return false }
            return key.lexicographicallyPrecedes(first)
        }
        return try rowWalkFailures(engine, from: start, keys: keys, expected.values)
    }
}

/// Walks over rows from `start`, in large pages and in small ones: they must be those of `keys`, in this order.
func rowWalkFailures(
    _ engine: any Engine, from start: ScanStart, keys: ArraySlice<[UInt8]>, _ values: [[UInt8]: [UInt8]]
) throws -> [String] {
    var failures: [String] = []
    var page = RowPage()
    var rest = keys
    let walk = try engine.makeRowWalk(from: start)
    repeat {
        try walk.readRows(into: &page)
        for index in 0..<page.count {
            let key = Array(copying: page[keyAt: index])
            if key != rest.first { failures.append("\(start): visited \(key.prefix(20)), not \(rest.first ?? [])") }
            if Array(copying: page[valueAt: index]) != values[key] {
                failures.append("\(start): another value for \(key.prefix(20))")
            }
            rest = rest.dropFirst()
        }
    } while !page.isEmpty
    if let key = rest.first { failures.append("\(start): ended before \(key.prefix(20))") }
    // The end stays the end.
    try walk.readRows(into: &page)
    if !page.isEmpty { failures.append("\(start): rows behind the end") }
    let short = try engine.makeRowWalk(from: start, over: .fewRows)
    rest = keys
    for limit in 1...3 {
        try short.readRows(into: &page, limit: limit)
        let keys = (0..<page.count).map { Array(copying: page[keyAt: $0]) }
        if keys.count > limit || keys.isEmpty != rest.isEmpty || keys != Array(rest.prefix(keys.count)) {
            failures.append("\(start): \(keys.count) rows of at most \(limit) are not those that follow")
        }
        rest = rest.dropFirst(keys.count)
    }
    return failures
}

private func checkRandomKeys(_ engine: any Engine, _ expected: Expectation) throws -> [String] {
    var missing = Set(expected.keys)
    for seed in 0..<UInt64(20_000) where !missing.isEmpty {
        var key: [UInt8] = []
        guard try engine.randomKey(seed: seed, { key = Array(copying: $0) }) else { return ["no key for \(seed)"] }
        if expected.values[key] == nil { return ["\(key) is no key"] }
        missing.remove(key)
    }
    return missing.map { "never chosen: \($0)" }
}
