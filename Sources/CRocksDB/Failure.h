#pragma once

#include <rocksdb/status.h>

#include <exception>
#include <string>

#include "include/CRocksDBError.h"

namespace almanac {

/// Fills `error` unless it is null.
void Fail(almanac_rocksdb_error *error, int32_t kind, const std::string &message);

/// Fills `error` from a status that is not OK, whose kind follows from its code and, where RocksDB
/// has one code for two causes, its message.
void Fail(almanac_rocksdb_error *error, const rocksdb::Status &status);

int32_t KindOf(const rocksdb::Status &status);

/// Runs `body`, which may throw, and turns an exception into an error and `failed`.
template <typename Result, typename Body>
Result Guarded(almanac_rocksdb_error *error, Result failed, Body body) noexcept {
    try {
        return body();
    } catch (const std::exception &exception) {
        if (error != nullptr) {
            error->kind = ALMANAC_ROCKSDB_IO;
            // An out-of-memory exception must not need memory to be reported.
            size_t count = 0;
            for (const char *text = exception.what(); text[count] != 0 && count + 1 < sizeof error->message; count++) {
                error->message[count] = text[count];
            }
            error->message[count] = 0;
        }
        return failed;
    }
}

}  // namespace almanac
