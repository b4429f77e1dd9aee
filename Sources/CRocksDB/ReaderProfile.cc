#include "ReaderProfile.h"

#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include "QuietLogger.h"
#include "ReadCounters.h"

namespace almanac {

std::shared_ptr<rocksdb::Cache> ReaderProfile::MakeCache(uint64_t capacity) {
    // HyperClockCache takes no lock: 7 % less CPU a key than 64 LRU shards at 1 M keys, 14 % at 5 M, on one
    // thread already. Its table is sized for blocks of this charge: smaller ones on average and it is full
    // before the capacity is used, larger ones and a sixtieth of the capacity is spent on empty slots.
    constexpr size_t kBlockCharge = 4096;
    // One shard, as no lock is there to share: a value may then fill the cache, not a shard of it only.
    return rocksdb::HyperClockCacheOptions(capacity, kBlockCharge, 0).MakeSharedCache();
}

rocksdb::Options ReaderProfile::Open(rocksdb::Env *env, std::shared_ptr<rocksdb::Cache> cache, int open_threads) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = std::move(cache);
    // Index and filter stay in memory beside the cache: every look-up needs them, so a resident key
    // would block as soon as its index did not fit.
    table.cache_index_and_filter_blocks = false;
    // Filters are used only where the reader names a policy; this one reads those of every other too.
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));

    rocksdb::Options options;
    options.env = env;
    options.info_log = std::make_shared<QuietLogger>();
    options.statistics = ReadCounters::Shared();
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    // All files are open all the time; also what the shorter path for compacted databases asks for.
    options.max_open_files = -1;
    options.max_file_opening_threads = open_threads;
    // Both would read every file once more when opening, for compactions that never come.
    options.skip_stats_update_on_db_open = true;
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    // A torn last record is what a copy of a live database ends with; damage before the end is an
    // error, whereas RocksDB's default silently forgets everything after it. In the last 32 KiB a damaged
    // length still looks like a torn record: logs are for databases copied live, not for published ones.
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    return options;
}

rocksdb::ReadOptions ReaderProfile::Resident() {
    rocksdb::ReadOptions options;
    options.read_tier = rocksdb::kBlockCacheTier;
    return options;
}

rocksdb::ReadOptions ReaderProfile::Anywhere() {
    rocksdb::ReadOptions options;
    options.verify_checksums = true;
    return options;
}

rocksdb::ReadOptions ReaderProfile::Walk() {
    rocksdb::ReadOptions options;
    options.verify_checksums = true;
    // A walk over a whole version must not push out what look-ups need.
    options.fill_cache = false;
    // Databases made elsewhere may have prefix filters, which would end the walk at the prefix.
    options.total_order_seek = true;
    return options;
}

rocksdb::ReadOptions ReaderProfile::WholeWalk() {
    rocksdb::ReadOptions options = Walk();
    // Everything will be read: large reads from the first block on, where RocksDB would begin with small ones.
    options.readahead_size = 1 << 20;
    return options;
}

}  // namespace almanac
