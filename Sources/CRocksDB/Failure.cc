#include "Failure.h"

#include <cstdlib>
#include <cstring>

namespace almanac {

namespace {

bool Contains(const std::string &text, const char *part) { return text.find(part) != std::string::npos; }

/// Whether the message complains of a format version that a newer release may well write.
///
/// A file's footer has no checksum, so that random bytes there look like a version too, but hardly
/// like one that RocksDB will reach.
bool NamesPlausibleVersion(const std::string &message) {
    constexpr char kMark[] = "unsupported format_version: ";
    constexpr unsigned long kVersionMax = 100;
    size_t mark = message.find(kMark);
    return mark != std::string::npos &&
           std::strtoul(message.c_str() + mark + sizeof kMark - 1, nullptr, 10) < kVersionMax;
}

/// RocksDB reports what a newer release wrote as corruption, told apart by words alone.
bool IsFromAnotherRelease(const std::string &message) {
    return NamesPlausibleVersion(message) || Contains(message, "newer version") ||
           Contains(message, "unsupported checksum type") || Contains(message, "unknown tag");
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
