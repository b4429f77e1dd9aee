#include "TableProfile.h"

#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <memory>

#include "QuietLogger.h"

namespace almanac {

// Measured by Tests/Benchmarks/RocksDBLookup (RESULTS.txt has the tables); one core, resident keys of 16 to
// 24 bytes in random order, values of 100 bytes. Debian's library is built with its assertions on, so
// instructions count: each step of a binary search in a block costs about 200.
rocksdb::Options TableProfile::Options() {
    rocksdb::BlockBasedTableOptions table;
    // What RocksDB 6.6 (2019) and everything since can read.
    table.format_version = 5;
    // 4 KiB was as fast as any size from 1 to 16 KiB, and a cold read decompresses least: 12 µs with a
    // dictionary, 15 at 8 KiB, 21 at 16 KiB. Its index costs about 20 bytes a block.
    table.block_size = 4 << 10;
    // Hashing to the entry instead of searching for it: 9,760 instructions a key became 7,970, where every key
    // is a restart point, so that nothing is parsed on the way, and half the buckets are free.
    // It costs 6 % of the uncompressed size; of the compressed size less than 1 %.
    table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
    table.data_block_hash_table_util_ratio = 0.5;
    table.block_restart_interval = 1;
    // 1 % of absent keys read a block; the others cost 150 ns. A hit pays 200 ns and 400 instructions for it.
    // Ribbon cost no more than Bloom on hits and misses alike, and keeps 0.9 bytes a key in memory, not 1.25.
    table.filter_policy.reset(rocksdb::NewRibbonFilterPolicy(10));
    table.no_block_cache = true;

    rocksdb::Options options;
    options.info_log = std::make_shared<QuietLogger>();
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    // Over 63,666 records of text of 800 bytes: lz4 52 % of the raw size, zstd 38 %, zstd with a
    // dictionary of 16 KiB 30 %, which 16 KiB blocks without one only just reach. A cold look-up spends
    // 4, 9 and 12 µs of CPU then, next to 50 µs or more of disk; level 9 gains 2 % for a third of the speed.
    options.compression = rocksdb::kZSTD;
    options.compression_opts.level = 3;
    options.compression_opts.max_dict_bytes = 16 << 10;
    options.compression_opts.zstd_max_train_bytes = 100 * options.compression_opts.max_dict_bytes;
    // What is held in memory to train from; without a bound it would be the whole file.
    options.compression_opts.max_dict_buffer_bytes = 16 << 20;
    return options;
}

}  // namespace almanac
