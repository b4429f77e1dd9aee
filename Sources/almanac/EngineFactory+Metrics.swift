internal import Exposition
private import RocksDBStorage
internal import ServerLog

extension EngineFactory {
    /// What RocksDB counts over all its databases; none where no dataset is in its format.
    func metricFamilies() -> [MetricFamily] {
        guard let cache = blocks.cacheIfMade else { return [] }
        let counts = RocksDBCounts()
        func total(_ name: String, _ help: String, _ value: Int) -> MetricFamily {
            MetricFamily("almanac_rocksdb_\(name)_total", .counter, help: help, samples: [.init(.count(value))])
        }
        func total(_ name: String, _ help: String, by label: String, _ values: [(String, Int)]) -> MetricFamily {
            MetricFamily(
                "almanac_rocksdb_\(name)_total", .counter, help: help,
                samples: values.map { .init(.count($1), [.init(label, $0)]) })
        }
        func gauge(_ name: String, _ help: String, _ value: Int) -> MetricFamily {
            MetricFamily("almanac_rocksdb_\(name)", .gauge, help: help, samples: [.init(.count(value))])
        }
        return [
            gauge("block_cache_used_bytes", "Blocks in the cache, with those lent to look-ups.", cache.usedBytes),
            gauge("block_cache_capacity_bytes", "What the cache may hold.", cache.capacityBytes),
            total(
                "block_cache_lookups", "Keys that needed a block, by whether it was in the cache.",
                by: "outcome", [("hit", counts.cacheHits), ("miss", counts.cacheMisses)]),
            total(
                "filter_checks", "Keys held against a filter: ruled out without a read, or let through.",
                by: "outcome", [("ruled-out", counts.filterNegatives), ("let-through", counts.filterPositives)]),
            total("file_reads", "Reads of table files, from the disk or the page cache.", counts.reads),
            total("file_read_bytes", "Bytes of those reads.", counts.readBytes),
            total("file_opens", "Table files opened.", counts.fileOpens),
            total("file_errors", "Table files that could not be opened.", counts.fileErrors),
        ]
    }
}

extension LogWriter {
    /// What the log counts of itself.
    var metricFamilies: [MetricFamily] {
        [
            MetricFamily(
                "almanac_log_lines_dropped_total", .counter,
                help: "Lines dropped because the log's output was slow or failed.",
                samples: [.init(.count(droppedCount))])
        ]
    }
}
