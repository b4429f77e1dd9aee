#ifndef CROCKSDB_READER_H
#define CROCKSDB_READER_H

#include <CLookup.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CRocksDBError.h"

#ifdef __cplusplus
extern "C" {
#endif

// MARK: - Block cache

/// Memory for blocks read from disk, shared by any number of databases.
typedef struct almanac_rocksdb_cache almanac_rocksdb_cache;

/// Makes a cache of `capacity` bytes; null where there is no memory for it. Any thread.
almanac_rocksdb_cache *almanac_rocksdb_cache_create(uint64_t capacity);
/// Lets go of the cache; databases that use it keep it alive.
void almanac_rocksdb_cache_destroy(almanac_rocksdb_cache *cache);
uint64_t almanac_rocksdb_cache_capacity(const almanac_rocksdb_cache *cache);
/// Bytes in use, those lent to look-ups included.
uint64_t almanac_rocksdb_cache_usage(const almanac_rocksdb_cache *cache);

// MARK: - Database

/// One column family of one database, opened read-only. Every function may be called from any thread.
typedef struct almanac_rocksdb almanac_rocksdb;

typedef struct almanac_rocksdb_facts {
    uint64_t key_count;
    /// False where `key_count` is an estimate, as overwritten and deleted keys may be counted.
    bool key_count_is_exact;
    /// The database is one sorted run and is read by the shorter path for such.
    bool is_compacted;
    uint64_t file_count;
    uint64_t file_bytes;
    /// Memory held outside the cache by indexes, filters and what was replayed from the write-ahead log.
    uint64_t memory_bytes;
} almanac_rocksdb_facts;

/// Opens a database without writing a byte into its directory.
///
/// What its write-ahead log holds is replayed into memory. Reads index and filter of every file, in
/// `open_threads` threads.
///
/// Returns null and fills `error` on failure.
almanac_rocksdb *almanac_rocksdb_open(
    const char *path, const char *column_family, almanac_rocksdb_cache *cache, int32_t open_threads,
    almanac_rocksdb_error *error);
/// Closes the files. No pins may hold values, and no scan may be open.
void almanac_rocksdb_close(almanac_rocksdb *database);

/// What was found when opening; it never changes.
almanac_rocksdb_facts almanac_rocksdb_get_facts(const almanac_rocksdb *database);

// MARK: - Counters

/// How reading has gone since the process started, over all databases.
typedef struct almanac_rocksdb_counts {
    /// Keys looked up without waiting whose block was in the cache, and whose block was not.
    uint64_t cache_hits;
    uint64_t cache_misses;
    /// Keys that a filter said are absent, and that it could not rule out; of those, the ones that were there.
    uint64_t filter_negatives;
    uint64_t filter_positives;
    uint64_t filter_true_positives;
    /// Reads of table files, from the disk or the page cache.
    uint64_t reads;
    uint64_t read_bytes;
    uint64_t file_opens;
    uint64_t file_errors;
} almanac_rocksdb_counts;

/// Any thread; takes a lock that no look-up takes, but for a thread's first.
almanac_rocksdb_counts almanac_rocksdb_get_counts(void);

// MARK: - Look-ups

/// What keeps the values of a batch in place. Used by one thread at a time.
typedef struct almanac_rocksdb_pins almanac_rocksdb_pins;

/// Null where there is no memory.
almanac_rocksdb_pins *almanac_rocksdb_pins_create(size_t row_cache_bytes);
void almanac_rocksdb_pins_destroy(almanac_rocksdb_pins *pins);
/// Lets go of every value lent, and keeps a bounded amount of memory for the next batch.
void almanac_rocksdb_pins_release(almanac_rocksdb_pins *pins);

/// Looks up those of `lookups` that are pending or would have blocked, and fills them in place.
///
/// Keys start at `key_base + key_offset`. With `may_read_disk` false it never waits for the disk.
///
/// Returns how many of them it found damaged.
size_t almanac_rocksdb_lookup(
    almanac_rocksdb *database, almanac_rocksdb_pins *pins, almanac_lookup *lookups, size_t count,
    const uint8_t *key_base, bool may_read_disk);

/// Why the last damaged look-up was so.
almanac_rocksdb_error almanac_rocksdb_pins_failure(const almanac_rocksdb_pins *pins);

// MARK: - Walks

/// A walk over keys in order. Used by one thread at a time; destroy it before the database closes.
typedef struct almanac_rocksdb_scan almanac_rocksdb_scan;

/// Pieces back to back, lent until the scan is next used: keys in order, each followed by its value in a walk
/// with values.
typedef struct almanac_rocksdb_page {
    /// Piece `i` ends before byte `ends[i]` and starts where piece `i - 1` ends.
    const uint8_t *bytes;
    const uint64_t *ends;
    size_t count;
} almanac_rocksdb_page;

/// Begins at `start`, or at the next key after it; from the first key where `start` is null.
///
/// Leaves the block cache as it is. Reading far ahead pays where everything is read, and nowhere else. Returns null and
/// fills `error` on failure.
almanac_rocksdb_scan *almanac_rocksdb_scan_create(
    almanac_rocksdb *database, const uint8_t *start, size_t start_count, bool with_values,
    bool reads_ahead, almanac_rocksdb_error *error);
/// Hands out the next keys, at most `limit` of them (at least 1); a page of none is the end.
///
/// Returns false and fills `error` where the files cannot be read; `page` then holds the keys before.
bool almanac_rocksdb_scan_next(
    almanac_rocksdb_scan *scan, size_t limit, almanac_rocksdb_page *page, almanac_rocksdb_error *error);
void almanac_rocksdb_scan_destroy(almanac_rocksdb_scan *scan);

/// Begins a walk at a key chosen by `seed`; every key can be chosen, though not equally likely.
///
/// One page of limit 1 holds the key, or none where the database is empty.
almanac_rocksdb_scan *almanac_rocksdb_scan_create_random(
    almanac_rocksdb *database, uint64_t seed, almanac_rocksdb_error *error);

#ifdef __cplusplus
}
#endif

#endif
