#pragma once

#include <rocksdb/env.h>

namespace almanac {

/// An info log that keeps nothing, so that RocksDB makes no `LOG` file beside the data.
///
/// What matters comes back as a status, which callers report.
class QuietLogger final : public rocksdb::Logger {
   public:
    QuietLogger() : Logger(rocksdb::InfoLogLevel::FATAL_LEVEL) {}

    using Logger::Logv;
    void Logv(const char *, va_list) override {}
    void Logv(const rocksdb::InfoLogLevel, const char *, va_list) override {}
};

}  // namespace almanac
