#include "Failure.h"

#include <cstring>

namespace almanac {

namespace {

bool Contains(const std::string &text, const char *part) { return text.find(part) != std::string::npos; }

/// RocksDB reports what a newer release wrote as corruption, told apart by words alone. A file's footer
/// has no checksum, so damage to the very bytes of its version number looks the same.
bool IsFromAnotherRelease(const std::string &message) {
    return Contains(message, "newer version") || Contains(message, "unsupported format_version") ||
           Contains(message, "unsupported checksum type") || Contains(message, "unknown tag") ||
           Contains(message, "unrecognized entry") || Contains(message, "Unsupported compression") ||
           Contains(message, "Unknown compression");
}

}  // namespace

int32_t KindOf(const rocksdb::Status &status) {
    switch (status.code()) {
        case rocksdb::Status::kOk:
            return ALMANAC_ROCKSDB_OK;
        case rocksdb::Status::kNotSupported:
            return ALMANAC_ROCKSDB_UNSUPPORTED;
        case rocksdb::Status::kCorruption:
            return IsFromAnotherRelease(status.ToString()) ? ALMANAC_ROCKSDB_UNSUPPORTED : ALMANAC_ROCKSDB_DAMAGED;
        case rocksdb::Status::kInvalidArgument:
            // Another comparator, or merge records whose operator only their writer has.
            return Contains(status.ToString(), "omparator") || Contains(status.ToString(), "merge_operator")
                       ? ALMANAC_ROCKSDB_UNSUPPORTED
                       : ALMANAC_ROCKSDB_DAMAGED;
        case rocksdb::Status::kNotFound:
            return ALMANAC_ROCKSDB_MISSING;
        default:
            // A file that the database names and that is gone is damage; so says the caller that looked
            // for the database first.
            return status.IsPathNotFound() ? ALMANAC_ROCKSDB_DAMAGED : ALMANAC_ROCKSDB_IO;
    }
}

void Fail(almanac_rocksdb_error *error, int32_t kind, const std::string &message) {
    if (error == nullptr) return;
    error->kind = kind;
    size_t count = message.size() < sizeof error->message ? message.size() : sizeof error->message - 1;
    std::memcpy(error->message, message.data(), count);
    error->message[count] = 0;
}

void Fail(almanac_rocksdb_error *error, const rocksdb::Status &status) {
    Fail(error, KindOf(status), status.ToString());
}

}  // namespace almanac
