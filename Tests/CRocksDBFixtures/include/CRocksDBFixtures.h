#ifndef CROCKSDB_FIXTURES_H
#define CROCKSDB_FIXTURES_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Kinds of database that others make.
enum {
    /// Keys compacted into one run.
    FIXTURE_COMPACTED = 0,
    /// Several levels: every third value overwritten by a later flush, every seventh key deleted by the last.
    FIXTURE_LEVELS = 1,
    /// As levels, and the last two steps are in the write-ahead log only.
    FIXTURE_LOG = 2,
    /// Merge records in a flushed file.
    FIXTURE_MERGES = 3,
    /// Everything in one flushed file, whose keys below 100 a range deletion of the same file covers.
    FIXTURE_RANGE_DELETION = 4,
    /// Values in blob files.
    FIXTURE_BLOBS = 5,
    /// Keys in reverse order.
    FIXTURE_REVERSED = 6,
    /// The column families `users` and `orders`, with their name in each value.
    FIXTURE_FAMILIES = 7,
};

/// Makes a database of `key_count` keys `key-000000`… with values `value-0`… of about 100 bytes each.
///
/// `compression` is RocksDB's number for it. Returns false and prints why where it cannot.
bool fixture_create(const char *path, int32_t kind, int32_t compression, int32_t key_count);

#ifdef __cplusplus
}
#endif

#endif
