public import Commands
import Platform

extension ServerObserver {
    /// The keys of a dataset that are asked for most, the hottest first: sampled, and averaged over a minute or so.
    ///
    /// - Parameters:
    ///   - database: The number of the dataset; none of its keys where there is no such dataset.
    ///   - count: Keys at most.
    /// - Returns: Fewer where fewer are known.
    public func hotKeys(database: Int, count: Int) -> [HotKey] {
        group.hotKeys(database: database, count: count, now: Clock.monotonicNanoseconds())
    }
}

extension LoopGroup {
    /// As ``ServerObserver/hotKeys(database:count:)``, over all loops.
    func hotKeys(database: Int, count: Int, now: UInt64) -> [HotKey] {
        guard sketches.allSatisfy({ $0.indices ~= database }) else { return [] }
        var weights: [[UInt8]: Double] = [:]
        var total = 0.0
        var seconds = 1.0
        for sketch in sketches {
            let reading = sketch[database].reading(now: now)
            for entry in reading.entries { weights[entry.key, default: 0] += entry.weight }
            total += reading.total
            seconds = reading.seconds
        }
        let hottest = weights.filter { $0.value > 0 }.sorted {
            ($1.value, $0.key.count) < ($0.value, $1.key.count)
        }
        return hottest.prefix(max(count, 0)).map {
            HotKey(key: $0.key, share: min($0.value / total, 1), perSecond: $0.value / seconds)
        }
    }
}
