#include "TableProfile.h"

#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <memory>

#include "QuietLogger.h"

namespace almanac {

rocksdb::Options TableProfile::Options() {
    rocksdb::BlockBasedTableOptions table;
    table.format_version = 5;
    table.block_size = 8 << 10;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.no_block_cache = true;

    rocksdb::Options options;
    options.info_log = std::make_shared<QuietLogger>();
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    options.compression = rocksdb::kLZ4Compression;
    return options;
}

}  // namespace almanac
