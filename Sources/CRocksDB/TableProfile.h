#pragma once

#include <rocksdb/options.h>

#include <cstdint>

namespace almanac {

/// How the writer lays out its files, in one place.
struct TableProfile {
    /// Where a file ends and the next begins.
    static constexpr uint64_t kFileBytes = uint64_t{256} << 20;

    static rocksdb::Options Options();
};

}  // namespace almanac
