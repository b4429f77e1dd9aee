#include "ReadCounters.h"

#include <array>
#include <mutex>
#include <set>

namespace almanac {

namespace {

enum Place : uint8_t {
    kIgnored,
    kCacheHits,
    kCacheMisses,
    kFilterNegatives,
    kFilterPositives,
    kFilterTruePositives,
    kReads,
    kReadBytes,
    kFileOpens,
    kFileErrors,
    kPlaces
};

/// Where each ticker is counted. Those of the cache are none of them: RocksDB's shorter path for compacted databases
/// gathers them for each key and drops them.
constexpr std::array<uint8_t, 256> MakePlaces() {
    std::array<uint8_t, 256> places{};
    places[rocksdb::BLOOM_FILTER_USEFUL] = kFilterNegatives;
    places[rocksdb::BLOOM_FILTER_FULL_POSITIVE] = kFilterPositives;
    places[rocksdb::BLOOM_FILTER_FULL_TRUE_POSITIVE] = kFilterTruePositives;
    places[rocksdb::LAST_LEVEL_READ_COUNT] = kReads;
    places[rocksdb::NON_LAST_LEVEL_READ_COUNT] = kReads;
    places[rocksdb::LAST_LEVEL_READ_BYTES] = kReadBytes;
    places[rocksdb::NON_LAST_LEVEL_READ_BYTES] = kReadBytes;
    places[rocksdb::NO_FILE_OPENS] = kFileOpens;
    places[rocksdb::NO_FILE_ERRORS] = kFileErrors;
    return places;
}
constexpr auto kPlaceOf = MakePlaces();

/// What one thread has counted: it writes, others read meanwhile. On cache lines of its own.
struct alignas(64) Block {
    std::atomic<uint64_t> counts[kPlaces] = {};

    void Add(uint8_t place, uint64_t count) {
        counts[place].store(counts[place].load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
    }
};

/// The blocks of all threads; never destroyed, as threads may end after everything else has.
struct Registry {
    std::mutex mutex;
    std::set<Block *> blocks;
    /// Of threads that have ended.
    uint64_t ended[kPlaces] = {};
};

Registry &TheRegistry() {
    static Registry *registry = new Registry;
    return *registry;
}

thread_local Block *own_block = nullptr;
thread_local bool has_ended = false;

/// Gives the thread a block, and takes it back when the thread ends.
struct BlockOwner {
    Block block;

    BlockOwner() {
        Registry &registry = TheRegistry();
        std::lock_guard<std::mutex> lock(registry.mutex);
        registry.blocks.insert(&block);
    }

    ~BlockOwner() {
        own_block = nullptr;
        has_ended = true;
        Registry &registry = TheRegistry();
        std::lock_guard<std::mutex> lock(registry.mutex);
        registry.blocks.erase(&block);
        for (int place = 0; place < kPlaces; place++) {
            registry.ended[place] += block.counts[place].load(std::memory_order_relaxed);
        }
    }
};

/// A thread's first count; null where the thread is ending, whose last few nobody misses.
[[gnu::noinline]] Block *MakeOwnBlock() {
    if (has_ended) return nullptr;
    thread_local BlockOwner owner;
    own_block = &owner.block;
    return own_block;
}

inline Block *OwnBlock() { return own_block != nullptr ? own_block : MakeOwnBlock(); }

}  // namespace

ReadCounters::ReadCounters() {
    // With less than this RocksDB asks its clock and counts distributions.
    set_stats_level(rocksdb::StatsLevel::kExceptHistogramOrTimers);
}

std::shared_ptr<rocksdb::Statistics> ReadCounters::Shared() {
    static auto *shared = new std::shared_ptr<rocksdb::Statistics>(std::make_shared<ReadCounters>());
    return *shared;
}

void ReadCounters::recordTick(uint32_t ticker, uint64_t count) {
    uint8_t place = ticker < kPlaceOf.size() ? kPlaceOf[ticker] : uint8_t{kIgnored};
    if (place == kIgnored) return;
    Block *block = OwnBlock();
    if (block != nullptr) block->Add(place, count);
}

void ReadCounters::AddLookups(size_t hits, size_t misses) {
    Block *block = OwnBlock();
    if (block == nullptr) return;
    block->Add(kCacheHits, hits);
    block->Add(kCacheMisses, misses);
}

almanac_rocksdb_counts ReadCounters::Totals() {
    Registry &registry = TheRegistry();
    uint64_t totals[kPlaces];
    {
        std::lock_guard<std::mutex> lock(registry.mutex);
        for (int place = 0; place < kPlaces; place++) {
            totals[place] = registry.ended[place];
            for (Block *block : registry.blocks) {
                totals[place] += block->counts[place].load(std::memory_order_relaxed);
            }
        }
    }
    almanac_rocksdb_counts counts{};
    counts.cache_hits = totals[kCacheHits];
    counts.cache_misses = totals[kCacheMisses];
    counts.filter_negatives = totals[kFilterNegatives];
    counts.filter_positives = totals[kFilterPositives];
    counts.filter_true_positives = totals[kFilterTruePositives];
    counts.reads = totals[kReads];
    counts.read_bytes = totals[kReadBytes];
    counts.file_opens = totals[kFileOpens];
    counts.file_errors = totals[kFileErrors];
    return counts;
}

}  // namespace almanac

almanac_rocksdb_counts almanac_rocksdb_get_counts(void) { return almanac::ReadCounters::Totals(); }
