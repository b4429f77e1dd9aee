#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/options.h>

#include <memory>

namespace almanac {

/// Everything the reader asks of RocksDB, in one place.
struct ReaderProfile {
    /// The cache that all databases of a process share.
    static std::shared_ptr<rocksdb::Cache> MakeCache(uint64_t capacity);

    /// Options to open any database with, whoever wrote it and however.
    static rocksdb::Options Open(rocksdb::Env *env, std::shared_ptr<rocksdb::Cache> cache, int open_threads);

    /// A look-up that touches what is in memory only.
    static rocksdb::ReadOptions Resident();
    /// A look-up that may wait for the disk.
    static rocksdb::ReadOptions Anywhere();
    /// A walk over many keys.
    static rocksdb::ReadOptions Walk();
    /// A walk over whole versions, values and all.
    static rocksdb::ReadOptions WholeWalk();
};

}  // namespace almanac
