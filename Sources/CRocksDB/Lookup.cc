#include <rocksdb/perf_level.h>

#include "Database.h"
#include "Failure.h"
#include "ReadCounters.h"
#include "RowCache.h"

using almanac::Fail;
using almanac::Guarded;

namespace {

/// Slices are made in chunks that never move, as RocksDB keeps pointers into them.
constexpr size_t kChunkSlices = 64;
/// What a batch keeps for the next one; a rare batch of a million keys gives its memory back.
constexpr size_t kKeptChunks = 64;
/// A value that was copied, because the cache did not hold it, may have left a buffer of its size.
constexpr size_t kKeptValueBytes = 4096;

}  // namespace

struct almanac_rocksdb_pins {
    std::vector<std::unique_ptr<rocksdb::PinnableSlice[]>> chunks;
    size_t used = 0;
    /// Why the last damaged look-up was so; here, as clearing a kilobyte for every batch would show.
    almanac_rocksdb_error failure{};
    /// Rows lately found, where the batch belongs to a loop; `nullptr` for readers, whose batches are short-lived.
    std::unique_ptr<almanac::RowCache> rows;

    /// The slice to fill next; it counts as used once `Keep` is called.
    rocksdb::PinnableSlice &Next() {
        if (used == chunks.size() * kChunkSlices) {
            chunks.push_back(std::make_unique<rocksdb::PinnableSlice[]>(kChunkSlices));
        }
        return chunks[used / kChunkSlices][used % kChunkSlices];
    }

    void Keep() { used += 1; }

    void Release() {
        if (rows) rows->EndLending();
        for (size_t i = 0; i < used; i++) {
            rocksdb::PinnableSlice &slice = chunks[i / kChunkSlices][i % kChunkSlices];
            slice.Reset();
            if (slice.GetSelf()->capacity() > kKeptValueBytes) std::string().swap(*slice.GetSelf());
        }
        used = 0;
        if (chunks.size() > kKeptChunks) chunks.resize(kKeptChunks);
    }
};

namespace {

/// Fills `lookup` from what RocksDB said; true where the value in `slice` is to be kept.
inline bool Conclude(
    almanac_lookup &lookup, const rocksdb::Status &status, const rocksdb::PinnableSlice &slice, size_t &damaged,
    almanac_rocksdb_error &failure) {
    switch (status.code()) {
        case rocksdb::Status::kOk:
            lookup.value = reinterpret_cast<const uint8_t *>(slice.data());
            lookup.value_count = slice.size();
            lookup.outcome = ALMANAC_HIT;
            return true;
        case rocksdb::Status::kNotFound:
            lookup.outcome = ALMANAC_MISS;
            return false;
        case rocksdb::Status::kIncomplete:
            lookup.outcome = ALMANAC_WOULD_BLOCK;
            return false;
        default:
            lookup.outcome = ALMANAC_DAMAGED;
            damaged += 1;
            Fail(&failure, status);
            return false;
    }
}

/// Answers what the row cache holds of at most `kRowChunk` look-ups, their memory latencies overlapped.
constexpr size_t kRowChunk = 32;

void LookUpRows(
    almanac::RowCache &rows, almanac_lookup *lookups, size_t count, const uint8_t *key_base, uint64_t *hashes) {
    uint64_t places[kRowChunk];
    for (size_t i = 0; i < count; i++) {
        hashes[i] = almanac::RowCache::Hash(key_base + lookups[i].key_offset, lookups[i].key_count);
        rows.Prefetch(hashes[i]);
    }
    for (size_t i = 0; i < count; i++) places[i] = rows.Locate(hashes[i]);
    for (size_t i = 0; i < count; i++) {
        if (places[i] == 0 || lookups[i].outcome != ALMANAC_PENDING) continue;
        const uint8_t *key = key_base + lookups[i].key_offset;
        const uint8_t *value = rows.Read(places[i], key, lookups[i].key_count, &lookups[i].value_count);
        if (value == nullptr) continue;
        lookups[i].value = value;
        lookups[i].outcome = ALMANAC_HIT;
    }
}

size_t LookUp(
    almanac_rocksdb &database, almanac_rocksdb_pins &pins, almanac_lookup *lookups, size_t count,
    const uint8_t *key_base, bool may_read_disk) {
    if (pins.rows && count > kRowChunk) {
        size_t damaged = 0;
        for (size_t i = 0; i < count; i += kRowChunk) {
            damaged += LookUp(
                database, pins, lookups + i, std::min(kRowChunk, count - i), key_base, may_read_disk);
        }
        return damaged;
    }
    uint64_t hashes[kRowChunk];
    if (pins.rows) LookUpRows(*pins.rows, lookups, count, key_base, hashes);

    const rocksdb::ReadOptions &options = may_read_disk ? database.anywhere : database.resident;
    // Counting for the thread's perf context, which nobody reads, is 200 instructions a key.
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
    size_t damaged = 0;
    size_t cached = 0;
    size_t blocked = 0;
    for (size_t i = 0; i < count; i++) {
        almanac_lookup &lookup = lookups[i];
        if (lookup.outcome != ALMANAC_PENDING && lookup.outcome != ALMANAC_WOULD_BLOCK) continue;
        rocksdb::Slice key(reinterpret_cast<const char *>(key_base) + lookup.key_offset, lookup.key_count);
        rocksdb::PinnableSlice &slice = pins.Next();
        rocksdb::Status status = database.db->Get(options, database.family, key, &slice);
        if (Conclude(lookup, status, slice, damaged, pins.failure)) {
            pins.Keep();
            cached += 1;
            if (pins.rows) {
                pins.rows->Insert(
                    hashes[i], key_base + lookup.key_offset, lookup.key_count, lookup.value, lookup.value_count);
            }
        } else {
            blocked += lookup.outcome == ALMANAC_WOULD_BLOCK;
            slice.Reset();
        }
    }
    if (!may_read_disk && cached + blocked > 0) almanac::ReadCounters::AddLookups(cached, blocked);
    return damaged;
}

}  // namespace

almanac_rocksdb_pins *almanac_rocksdb_pins_create(size_t row_cache_bytes) {
    return Guarded<almanac_rocksdb_pins *>(nullptr, nullptr, [&] {
        auto pins = std::make_unique<almanac_rocksdb_pins>();
        if (row_cache_bytes >= almanac::RowCache::kBytesMin) {
            auto rows = std::make_unique<almanac::RowCache>(row_cache_bytes);
            // Without the memory for it, look-ups are slower and as right.
            if (rows->IsUsable()) pins->rows = std::move(rows);
        }
        return pins.release();
    });
}

void almanac_rocksdb_pins_destroy(almanac_rocksdb_pins *pins) { delete pins; }

void almanac_rocksdb_pins_release(almanac_rocksdb_pins *pins) { pins->Release(); }

size_t almanac_rocksdb_lookup(
    almanac_rocksdb *database, almanac_rocksdb_pins *pins, almanac_lookup *lookups, size_t count,
    const uint8_t *key_base, bool may_read_disk) {
    constexpr size_t kFailed = SIZE_MAX;
    size_t damaged = Guarded<size_t>(
        &pins->failure, kFailed, [&] { return LookUp(*database, *pins, lookups, count, key_base, may_read_disk); });
    if (damaged != kFailed) return damaged;
    // Out of memory on the way: what has no answer yet gets none, rather than the batch being lost.
    damaged = 0;
    for (size_t i = 0; i < count; i++) {
        if (lookups[i].outcome != ALMANAC_PENDING && lookups[i].outcome != ALMANAC_WOULD_BLOCK) continue;
        lookups[i].outcome = ALMANAC_DAMAGED;
        damaged += 1;
    }
    return damaged;
}

almanac_rocksdb_error almanac_rocksdb_pins_failure(const almanac_rocksdb_pins *pins) { return pins->failure; }
