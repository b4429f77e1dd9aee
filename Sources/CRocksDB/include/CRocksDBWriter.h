#ifndef CROCKSDB_WRITER_H
#define CROCKSDB_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CRocksDBError.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A database being written from keys in order. Used by one thread at a time.
typedef struct almanac_rocksdb_writer almanac_rocksdb_writer;

typedef struct almanac_rocksdb_written {
    uint64_t key_count;
    /// Files and bytes of the whole directory.
    uint64_t file_count;
    uint64_t file_bytes;
} almanac_rocksdb_written;

/// Begins a database in `directory`, which is created where it is absent and must hold no database.
///
/// Returns null and fills `error` on failure.
almanac_rocksdb_writer *almanac_rocksdb_writer_create(const char *directory, almanac_rocksdb_error *error);
/// Adds a key, which must come after the one before it in the order of bytes.
bool almanac_rocksdb_writer_append(
    almanac_rocksdb_writer *writer, const uint8_t *key, size_t key_count, const uint8_t *value, size_t value_count,
    almanac_rocksdb_error *error);
/// Makes the database whole and durable; the writer may then only be destroyed.
bool almanac_rocksdb_writer_finish(
    almanac_rocksdb_writer *writer, almanac_rocksdb_written *written, almanac_rocksdb_error *error);
/// Frees the writer. Where it has not finished, its directory holds leftovers and no database.
void almanac_rocksdb_writer_destroy(almanac_rocksdb_writer *writer);

#ifdef __cplusplus
}
#endif

#endif
