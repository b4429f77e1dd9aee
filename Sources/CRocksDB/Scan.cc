#include <algorithm>

#include "Database.h"
#include "Failure.h"
#include "ReaderProfile.h"

using almanac::Fail;
using almanac::Guarded;

struct almanac_rocksdb_scan {
    std::unique_ptr<rocksdb::Iterator> iterator;
    std::string bytes;
    std::vector<uint64_t> ends;
    bool with_values = false;
};

namespace {

/// Where a page ends, whatever the limit: keys can be large, and the caller copies none of them.
constexpr size_t kPageBytes = 256 << 10;

almanac_rocksdb_scan *NewScan(almanac_rocksdb &database, bool with_values, bool reads_ahead) {
    auto scan = std::make_unique<almanac_rocksdb_scan>();
    scan->with_values = with_values;
    rocksdb::ReadOptions options =
        reads_ahead ? almanac::ReaderProfile::WholeWalk() : almanac::ReaderProfile::Walk();
    scan->iterator.reset(database.db->NewIterator(options, database.family));
    return scan.release();
}

almanac_rocksdb_scan *Checked(almanac_rocksdb_scan *scan, almanac_rocksdb_error *error) {
    if (scan->iterator->status().ok()) return scan;
    Fail(error, scan->iterator->status());
    delete scan;
    return nullptr;
}

bool NextPage(
    almanac_rocksdb_scan &scan, size_t limit, almanac_rocksdb_page *page, almanac_rocksdb_error *error) {
    scan.bytes.clear();
    scan.ends.clear();
    size_t ends_max = scan.with_values ? limit * 2 : limit;
    while (scan.ends.size() < ends_max && scan.bytes.size() < kPageBytes && scan.iterator->Valid()) {
        rocksdb::Slice key = scan.iterator->key();
        scan.bytes.append(key.data(), key.size());
        scan.ends.push_back(scan.bytes.size());
        if (scan.with_values) {
            rocksdb::Slice value = scan.iterator->value();
            scan.bytes.append(value.data(), value.size());
            scan.ends.push_back(scan.bytes.size());
        }
        scan.iterator->Next();
    }
    *page = {reinterpret_cast<const uint8_t *>(scan.bytes.data()), scan.ends.data(), scan.ends.size()};
    if (scan.iterator->status().ok()) return true;
    Fail(error, scan.iterator->status());
    return false;
}

/// SplitMix64: spreads seeds that differ little.
uint64_t Scramble(uint64_t &state) {
    uint64_t mixed = (state += 0x9E3779B97F4A7C15u);
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return mixed ^ (mixed >> 31);
}

/// The eight bytes of `key` from `offset`, as a number in key order; bytes past its end count as zero.
uint64_t Digits(const std::string &key, size_t offset) {
    uint64_t digits = 0;
    for (size_t i = 0; i < 8; i++) {
        digits = digits << 8 | (offset + i < key.size() ? static_cast<uint8_t>(key[offset + i]) : 0);
    }
    return digits;
}

/// The string whose eight bytes from `shared` on are `digits`, and whose bytes before are those of `key`.
std::string WithDigits(const std::string &key, size_t shared, uint64_t digits) {
    std::string made = key.substr(0, shared);
    for (int shift = 56; shift >= 0; shift -= 8) made.push_back(static_cast<char>(digits >> shift));
    return made;
}

/// Where a part of the file chosen by `random` ends, every block of it being as likely as its size.
///
/// Keys are rarely spread evenly over the strings between them, so choosing a string would favour the
/// keys that follow a gap. Asking the index how many bytes lie before a string costs microseconds.
std::string Within(almanac_rocksdb &database, const almanac::FileRange &file, uint64_t random) {
    size_t shared = 0;
    size_t shortest = std::min(file.smallest.size(), file.largest.size());
    while (shared < shortest && file.smallest[shared] == file.largest[shared]) shared += 1;
    auto bytes_before = [&](const std::string &key) {
        rocksdb::Range range(file.smallest, key);
        uint64_t bytes = 0;
        rocksdb::Status status = database.db->GetApproximateSizes({}, database.family, &range, 1, &bytes);
        return status.ok() ? bytes : 0;
    };
    uint64_t low = Digits(file.smallest, shared);
    uint64_t high = Digits(file.largest, shared);
    uint64_t target = random % (bytes_before(file.largest) + 1);
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (bytes_before(WithDigits(file.smallest, shared, middle)) < target) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return WithDigits(file.smallest, shared, low);
}

/// How far to walk from the start of a block: to any key of it, and now and then by 2, 4, 8… times as
/// many keys, until past all of them, so that none is impossible.
uint64_t StepCount(uint64_t keys_a_block, uint64_t key_count, uint64_t &state) {
    uint64_t steps_max = keys_a_block;
    while (steps_max < key_count * 2 && (Scramble(state) & 3) == 3) steps_max *= 2;
    return Scramble(state) % steps_max;
}

void SeekRandom(almanac_rocksdb &database, rocksdb::Iterator &iterator, uint64_t seed) {
    uint64_t state = seed;
    uint64_t key_count = 0;
    // Without files, all keys come from the write-ahead log, and as if in one block.
    uint64_t keys_a_block = std::max<uint64_t>(database.facts.key_count, 1);
    for (const almanac::FileRange &file : database.files) key_count += file.key_count;
    if (key_count == 0) {
        key_count = database.facts.key_count;
        iterator.SeekToFirst();
    } else {
        uint64_t chosen = Scramble(state) % key_count;
        size_t index = 0;
        while (chosen >= database.files[index].key_count) {
            chosen -= database.files[index].key_count;
            index += 1;
        }
        keys_a_block = database.files[index].keys_a_block;
        iterator.Seek(Within(database, database.files[index], Scramble(state)));
    }
    bool wrapped_at_once = false;
    for (uint64_t steps = StepCount(keys_a_block, key_count, state); iterator.status().ok();) {
        if (!iterator.Valid()) {
            if (wrapped_at_once) return;
            iterator.SeekToFirst();
            wrapped_at_once = true;
            continue;
        }
        wrapped_at_once = false;
        if (steps == 0) return;
        steps -= 1;
        iterator.Next();
    }
}

}  // namespace

almanac_rocksdb_scan *almanac_rocksdb_scan_create(
    almanac_rocksdb *database, const uint8_t *start, size_t start_count, bool with_values,
    bool reads_ahead, almanac_rocksdb_error *error) {
    return Guarded<almanac_rocksdb_scan *>(error, nullptr, [&] {
        almanac_rocksdb_scan *scan = NewScan(*database, with_values, reads_ahead);
        if (start == nullptr) {
            scan->iterator->SeekToFirst();
        } else {
            scan->iterator->Seek(rocksdb::Slice(reinterpret_cast<const char *>(start), start_count));
        }
        return Checked(scan, error);
    });
}

bool almanac_rocksdb_scan_next(
    almanac_rocksdb_scan *scan, size_t limit, almanac_rocksdb_page *page, almanac_rocksdb_error *error) {
    *page = {nullptr, nullptr, 0};
    return Guarded<bool>(error, false, [&] { return NextPage(*scan, limit, page, error); });
}

void almanac_rocksdb_scan_destroy(almanac_rocksdb_scan *scan) { delete scan; }

almanac_rocksdb_scan *almanac_rocksdb_scan_create_random(
    almanac_rocksdb *database, uint64_t seed, almanac_rocksdb_error *error) {
    return Guarded<almanac_rocksdb_scan *>(error, nullptr, [&] {
        almanac_rocksdb_scan *scan = NewScan(*database, false, false);
        SeekRandom(*database, *scan->iterator, seed);
        return Checked(scan, error);
    });
}
