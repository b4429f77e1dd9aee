internal import Bytes
internal import RedisClient
internal import Storage

/// Compares a dataset, or another server, with what a server holds.
///
/// The server is B. What it has and A has not is found by SCAN, which may give a key twice while Redis resizes its
/// table, so such keys are remembered by their hashes; DBSIZE tells whether there are any to look for.
struct ServerComparison {
    private let server: ServerKeys
    private let progress: (_ done: Int, _ total: Int) -> Void
    private let seenMax: Int
    private var tally: Tally
    private var done = 0
    private var total = 0

    /// How many bytes of values, as A has them, one request asks for at most.
    private static let valueBytesInRequestMax = 1 << 20

    /// How many keys one SCAN asks for: keys only, so more of them than values.
    private static let keysInScanMax = 2000

    init(
        _ client: RedisClient, _ samplesMax: Int, _ progress: @escaping (_ done: Int, _ total: Int) -> Void,
        seenMax: Int = 1 << 22
    ) {
        server = ServerKeys(client: client)
        tally = Tally(samplesMax: samplesMax)
        self.progress = progress
        self.seenMax = seenMax
    }

    private mutating func advance(_ rows: Int) {
        done += rows
        progress(done, total)
    }

    // MARK: A dataset with a server

    consuming func compare(_ engine: any Engine, _ path: String) throws(InspectionError) -> ComparisonResult {
        let countBefore = try server.count()
        total = engine.keyCount.value + countBefore
        let reader = try RowReader(engine, path)
        var page = RowPage()
        while true {
            try reader.read(into: &page)
            guard !page.isEmpty else { break }
            try comparePage(page)
            advance(page.count)
        }
        let count = try server.count()
        if count != tally.result.keysOfB || count != countBefore {
            try findNew(count) { (keys) throws(InspectionError) in
                try Self.absent(keys, in: engine, path)
            }
        }
        try noteChange(of: server, since: countBefore)
        return tally.result
    }

    /// Asks for all keys of a page at once, and holds the answers against its values.
    private mutating func comparePage(_ page: borrowing RowPage) throws(InspectionError) {
        var requests: [Range<Int>] = []
        var start = 0
        while start < page.count {
            var (end, bytes) = (start, 0)
            while end < page.count, end - start < ServerKeys.keysInRequestMax, bytes < Self.valueBytesInRequestMax {
                bytes += page[valueAt: end].count
                end += 1
            }
            server.beginValues(end - start)
            for index in start..<end { server.client.append(word: page[keyAt: index]) }
            requests.append(start..<end)
            start = end
        }
        var unknown: [Int] = []
        for range in requests {
            for (index, value) in zip(range, try server.receiveValues(range.count)) {
                if let value {
                    tally.both(page[keyAt: index], isEqual: page[valueAt: index].isEqual(to: value.span))
                } else {
                    unknown.append(index)
                }
            }
        }
        // MGET says the same of what is absent and of what holds no string.
        var keys: [[UInt8]] = []
        for index in unknown { keys.append(page[keyAt: index].copied()) }
        for (key, type) in zip(keys, try server.types(keys)) {
            if type == "none" {
                tally.missing(key.span)
            } else {
                tally.both(key.span, isEqual: false)
                if type != "string" { tally.result.notStrings += 1 }
            }
        }
    }

    /// Those of `keys` that `engine` has not.
    private static func absent(
        _ keys: [[UInt8]], in engine: any Engine, _ path: String
    ) throws(InspectionError) -> [[UInt8]] {
        var batch = engine.makeBatch()
        for key in keys { _ = batch.append(key.span) }
        engine.lookUp(&batch, in: 0..<batch.count, tier: .anywhere)
        var absent: [[UInt8]] = []
        for (index, key) in keys.enumerated() {
            switch batch.outcome(at: index) {
            case .hit: continue
            case .miss: absent.append(key)
            case .damaged, .wouldBlock, .pending:
                let failure = EngineError(operation: "get", kind: .damaged, message: "a key cannot be read")
                throw InspectionError(batch.failure ?? failure, reading: path)
            }
        }
        return absent
    }

    // MARK: A server with a server

    consuming func compare(_ first: RedisClient) throws(InspectionError) -> ComparisonResult {
        let other = ServerKeys(client: first)
        let (countOfOther, countBefore) = (try other.count(), try server.count())
        total = countOfOther + countBefore
        var seen = SeenKeys(keysMax: seenMax)
        var cursor = Array("0".utf8)
        repeat {
            let (next, all) = try other.scan(cursor)
            cursor = next
            let keys = all.filter { seen.insert($0) }
            try compareKeys(keys, of: other)
            advance(all.count)
        } while cursor != Array("0".utf8)
        if seen.isFull, tally.result.keysOfA != countOfOther {
            note("\(first.address) gave some keys twice, and there are too many to tell which: the counts are close")
        }
        try noteChange(of: other, since: countOfOther)
        let count = try server.count()
        if count != tally.result.keysOfB || count != countBefore {
            try findNew(count) { (keys) throws(InspectionError) in
                zip(keys, try other.types(keys)).filter { $0.1 == "none" }.map(\.0)
            }
        }
        try noteChange(of: server, since: countBefore)
        return tally.result
    }

    /// Holds what two servers have for `keys`, which the first of them gave, against each other.
    private mutating func compareKeys(_ keys: [[UInt8]], of other: ServerKeys) throws(InspectionError) {
        let (ours, theirs) = (try other.values(keys), try server.values(keys))
        var unclear: [[UInt8]] = []
        for (index, key) in keys.enumerated() {
            if let one = ours[index], let another = theirs[index] {
                tally.both(key.span, isEqual: one == another)
            } else {
                unclear.append(key)
            }
        }
        let types = zip(try other.types(unclear), try server.types(unclear))
        for (key, (ourType, theirType)) in zip(unclear, types) where ourType != "none" {
            if ourType != "string" || theirType != "none" && theirType != "string" { tally.result.notStrings += 1 }
            if theirType == "none" { tally.missing(key.span) } else { tally.both(key.span, isEqual: false) }
        }
    }

    // MARK: What only the server has

    /// Walks over the server's keys, `count` of them, and counts those that `absent` finds to be in it only.
    private mutating func findNew(
        _ count: Int, _ absent: ([[UInt8]]) throws(InspectionError) -> [[UInt8]]
    ) throws(InspectionError) {
        let found = tally.result.keysOfB
        var seen = SeenKeys(keysMax: seenMax)
        var cursor = Array("0".utf8)
        repeat {
            let (next, keys) = try server.scan(cursor, count: Self.keysInScanMax)
            cursor = next
            let new = try absent(keys).filter { seen.insert($0) }
            for (key, type) in zip(new, try server.types(new)) where type != "none" {
                tally.new(key.span)
                if type != "string" { tally.result.notStrings += 1 }
            }
            advance(keys.count)
            // All that DBSIZE promised are found. Where it counts too many, the walk goes to its end.
            if !seen.isFull, tally.result.keysOfB == count { return }
        } while cursor != Array("0".utf8)
        if seen.isFull {
            tally.result.new = max(count - found, 0)
            note("\(server.client.address) has too many new keys to remember: they are counted by DBSIZE")
        }
    }

    private mutating func noteChange(of keys: ServerKeys, since before: Int) throws(InspectionError) {
        let count = try keys.count()
        if count != before {
            note("\(keys.client.address) changed meanwhile, from \(before) keys to \(count)")
        }
    }

    private mutating func note(_ text: String) {
        tally.result.isExact = false
        tally.result.notes.append(text)
    }
}
