#pragma once

#include <rocksdb/statistics.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "include/CRocksDBReader.h"

namespace almanac {

/// The few of RocksDB's counters that tell how reading goes, for all databases of the process together.
///
/// RocksDB's own Statistics keeps some 200 counters in slots that threads of one core share, with an atomic addition for
/// each; here each thread has a block of its own, which it alone writes, and what nobody asks for is dropped.
class ReadCounters final : public rocksdb::Statistics {
public:
    /// The only one.
    static std::shared_ptr<rocksdb::Statistics> Shared();
    /// Counts keys that needed a block and were to be answered without waiting: from the cache, or not.
    static void AddLookups(size_t hits, size_t misses);
    /// What all threads have counted, those that have ended too. Any thread.
    static almanac_rocksdb_counts Totals();

    ReadCounters();
    const char *Name() const override { return "AlmanacReadCounters"; }
    void recordTick(uint32_t ticker, uint64_t count) override;

    // Times and distributions are counted by nobody here.
    bool HistEnabledForType(uint32_t) const override { return false; }
    void recordInHistogram(uint32_t, uint64_t) override {}
    void reportTimeToHistogram(uint32_t, uint64_t) override {}
    void histogramData(uint32_t, rocksdb::HistogramData *const) const override {}

    // RocksDB asks for none of this by itself.
    uint64_t getTickerCount(uint32_t) const override { return 0; }
    void setTickerCount(uint32_t, uint64_t) override {}
    uint64_t getAndResetTickerCount(uint32_t) override { return 0; }
};

}  // namespace almanac
