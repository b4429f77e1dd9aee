#ifndef CROCKSDB_ERROR_H
#define CROCKSDB_ERROR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Values of `almanac_rocksdb_error.kind`.
enum {
    ALMANAC_ROCKSDB_OK = 0,
    /// Nothing there: no such directory, or no database in it.
    ALMANAC_ROCKSDB_MISSING = 1,
    /// There, but its bytes are not what they should be.
    ALMANAC_ROCKSDB_DAMAGED = 2,
    /// Written in a way that this release of RocksDB, opened as we open it, cannot read.
    ALMANAC_ROCKSDB_UNSUPPORTED = 3,
    /// The operating system refused or failed.
    ALMANAC_ROCKSDB_IO = 4,
    /// The caller asked for something impossible.
    ALMANAC_ROCKSDB_INVALID = 5,
};

/// Why a call failed. Zero it before the call; it stays zero where the call succeeds.
typedef struct almanac_rocksdb_error {
    int32_t kind;
    /// Null-terminated, cut where it is longer.
    char message[1020];
} almanac_rocksdb_error;

#ifdef __cplusplus
}
#endif

#endif
