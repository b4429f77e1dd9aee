#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <memory>
#include <string>
#include <vector>

#include "include/CRocksDBReader.h"

struct almanac_rocksdb_cache {
    std::shared_ptr<rocksdb::Cache> blocks;
};

namespace almanac {

/// One file of the database, as what it takes to choose a key at random.
struct FileRange {
    std::string smallest;
    std::string largest;
    uint64_t key_count;
    /// On average, and at least 1.
    uint64_t keys_a_block;
};

}  // namespace almanac

struct almanac_rocksdb {
    // The order matters: the database uses what is declared before it until it is closed.
    std::unique_ptr<rocksdb::Env> env;
    std::unique_ptr<rocksdb::DB> db;
    /// Null where the database was opened with its default column family only.
    rocksdb::ColumnFamilyHandle *owned_family = nullptr;
    rocksdb::ColumnFamilyHandle *family = nullptr;

    rocksdb::ReadOptions resident;
    rocksdb::ReadOptions anywhere;
    almanac_rocksdb_facts facts{};
    std::vector<almanac::FileRange> files;

    almanac_rocksdb() = default;
    almanac_rocksdb(const almanac_rocksdb &) = delete;
    almanac_rocksdb &operator=(const almanac_rocksdb &) = delete;
    ~almanac_rocksdb() {
        if (owned_family != nullptr) db->DestroyColumnFamilyHandle(owned_family);
    }
};
