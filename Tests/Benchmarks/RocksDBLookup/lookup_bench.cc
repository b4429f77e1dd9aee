// What a look-up of a resident key costs, for table layouts, caches and call paths side by side.
//
//   lookup_bench build DIR KEYS LAYOUT...          writes one database a layout
//   lookup_bench run DIR KEYS BATCH ROUNDS CASE... measures cases, interleaved; prints a table
//   lookup_bench miss DIR KEYS BATCH ROUNDS CASE...  the same for absent keys
//   lookup_bench count DIR KEYS BATCH CASE         allocations of one case; callgrind collects there only
//
// LAYOUT is a name in `Layouts()`; CASE is LAYOUT/CACHE/PATH, such as plain/lru/c_get.

#include <rocksdb/c.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <valgrind/callgrind.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "../../../Sources/CRocksDB/TableProfile.h"
#include "../../../Sources/CRocksDB/include/CRocksDBReader.h"
#include "../../../Sources/CRocksDB/include/CRocksDBWriter.h"

using namespace rocksdb;

// Every allocation of the process passes here.
extern "C" void *__libc_malloc(size_t size);
static uint64_t allocations = 0;
extern "C" void *malloc(size_t size) {
    allocations += 1;
    return __libc_malloc(size);
}

static void Require(const Status &status) {
    if (status.ok()) return;
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    std::exit(1);
}

// MARK: - Data

static uint64_t Mix(uint64_t x) {
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

/// 16 to 24 bytes, in no order.
static std::string KeyOf(uint64_t number) {
    uint64_t mixed = Mix(number);
    char text[40];
    std::snprintf(text, sizeof text, "%016llx%08llx", (unsigned long long)mixed, (unsigned long long)number & 0xFFFFFFFF);
    return std::string(text, 16 + mixed % 9);
}

/// 100 bytes, about half of which compress away.
static std::string ValueOf(uint64_t number) {
    std::string value;
    for (uint64_t i = 0; value.size() < 50; i++) {
        uint64_t mixed = Mix(number * 31 + i);
        value.append(reinterpret_cast<const char *>(&mixed), 8);
    }
    value.resize(50);
    value.resize(100, 'x');
    return value;
}

// MARK: - Table layouts

struct Layout {
    BlockBasedTableOptions table;
    CompressionType compression = kLZ4Compression;
    bool ours = false;
};

static std::map<std::string, Layout> Layouts() {
    std::map<std::string, Layout> all;
    Layout plain;
    plain.compression = kSnappyCompression;
    all["plain"] = plain;  // RocksDB's defaults: 4 KiB blocks, no filter, snappy
    Layout bloom;
    bloom.table.format_version = 5;
    bloom.table.filter_policy.reset(NewBloomFilterPolicy(10));
    all["bloom"] = bloom;
    for (int kib : {1, 2, 4, 8, 16, 32}) {
        Layout sized;
        sized.table.format_version = 5;
        sized.table.block_size = kib << 10;
        std::string name = "b" + std::to_string(kib);
        all[name] = sized;
        Layout hashed = sized;
        hashed.table.data_block_index_type = BlockBasedTableOptions::kDataBlockBinaryAndHash;
        hashed.table.data_block_hash_table_util_ratio = 0.75;
        all[name + "h"] = hashed;
        Layout nodelta = hashed;
        nodelta.table.use_delta_encoding = false;
        all[name + "hn"] = nodelta;
        Layout r1 = sized;
        r1.table.block_restart_interval = 1;
        all[name + "r1"] = r1;
        Layout r4 = sized;
        r4.table.block_restart_interval = 4;
        all[name + "r4"] = r4;
        for (int restart : {1, 2, 4, 8}) {
            Layout both = hashed;
            both.table.block_restart_interval = restart;
            all[name + "h_r" + std::to_string(restart)] = both;
            both.table.data_block_hash_table_util_ratio = 0.5;
            all[name + "h5_r" + std::to_string(restart)] = both;
        }
        Layout hb = hashed;
        hb.table.filter_policy.reset(NewBloomFilterPolicy(10));
        all[name + "h_bloom"] = hb;
        hb.table.filter_policy.reset(NewRibbonFilterPolicy(10));
        all[name + "h_ribbon"] = hb;
        Layout fk = hashed;
        fk.table.index_type = BlockBasedTableOptions::kBinarySearchWithFirstKey;
        all[name + "h_firstkey"] = fk;
        Layout part = hashed;
        part.table.index_type = BlockBasedTableOptions::kTwoLevelIndexSearch;
        part.table.partition_filters = true;
        part.table.filter_policy.reset(NewBloomFilterPolicy(10));
        all[name + "h_part"] = part;
        for (int interval : {2, 4, 8, 16}) {
            Layout idx = hashed;
            idx.table.index_block_restart_interval = interval;
            all[name + "h_i" + std::to_string(interval)] = idx;
        }
        Layout zstd = hashed;
        zstd.compression = kZSTD;
        all[name + "h_zstd"] = zstd;
        Layout none = hashed;
        none.compression = kNoCompression;
        all[name + "h_none"] = none;
    }
    Layout ours;
    ours.ours = true;
    all["ours"] = ours;
    return all;
}

static void Build(const std::string &directory, uint64_t count, const std::string &name, const Layout &layout) {
    std::vector<uint64_t> order(count);
    std::vector<std::string> keys(count);
    for (uint64_t i = 0; i < count; i++) {
        order[i] = i;
        keys[i] = KeyOf(i);
    }
    std::sort(order.begin(), order.end(), [&](uint64_t a, uint64_t b) { return keys[a] < keys[b]; });
    std::string path = directory + "/" + name + "-" + std::to_string(count);
    if (layout.ours) {
        almanac_rocksdb_error error{};
        auto *writer = almanac_rocksdb_writer_create(path.c_str(), &error);
        if (writer == nullptr) return (void)std::fprintf(stderr, "%s\n", error.message);
        for (uint64_t i : order) {
            std::string value = ValueOf(i);
            almanac_rocksdb_writer_append(writer, (const uint8_t *)keys[i].data(), keys[i].size(),
                                          (const uint8_t *)value.data(), value.size(), &error);
        }
        almanac_rocksdb_written written{};
        almanac_rocksdb_writer_finish(writer, &written, &error);
        almanac_rocksdb_writer_destroy(writer);
        std::printf("%s: %llu bytes %s\n", name.c_str(), (unsigned long long)written.file_bytes, error.message);
        return;
    }
    Options options;
    options.create_if_missing = true;
    options.compression = layout.compression;
    options.table_factory.reset(NewBlockBasedTableFactory(layout.table));
    DB *db;
    Require(DB::Open(options, path, &db));
    std::vector<std::string> files;
    std::unique_ptr<SstFileWriter> writer;
    for (uint64_t i : order) {
        if (!writer) {
            files.push_back(path + "/in" + std::to_string(files.size()));
            writer.reset(new SstFileWriter(EnvOptions(), options));
            Require(writer->Open(files.back()));
        }
        Require(writer->Put(keys[i], ValueOf(i)));
        if (writer->FileSize() > almanac::TableProfile::kFileBytes) {
            Require(writer->Finish());
            writer.reset();
        }
    }
    if (writer) Require(writer->Finish());
    IngestExternalFileOptions ingestion;
    ingestion.move_files = true;
    Require(db->IngestExternalFile(files, ingestion));
    uint64_t bytes = 0, memory = 0;
    db->GetIntProperty(DB::Properties::kTotalSstFilesSize, &bytes);
    db->GetIntProperty(DB::Properties::kEstimateTableReadersMem, &memory);
    std::printf("%s: %llu bytes, %llu index+filter\n", name.c_str(), (unsigned long long)bytes,
                (unsigned long long)memory);
    delete db;
}

// MARK: - Cases

struct Batch {
    std::vector<Slice> keys;
    std::string bytes;
    std::vector<almanac_lookup> lookups;
};

struct Case {
    std::string name;
    std::function<uint64_t(const Batch *, size_t, size_t)> look;  // batches, their count; returns value bytes
    std::vector<double> nanoseconds;
};

static std::shared_ptr<Cache> CacheNamed(const std::string &name, uint64_t count) {
    size_t large = count * 400 + (64 << 20);
    if (name == "lru8m") return NewLRUCache(8 << 20);
    if (name == "lru") return NewLRUCache(large, 6);
    if (name == "lru0") return NewLRUCache(large, 0);
    if (name == "lru10") return NewLRUCache(large, 10);
    if (name == "lrua") {
        LRUCacheOptions options(large, 6, false, 0.5, nullptr, true);
        return NewLRUCache(options);
    }
    if (name == "hyper") return HyperClockCacheOptions(large, 4096).MakeSharedCache();
    if (name == "hyper0") return HyperClockCacheOptions(large, 4096, 0).MakeSharedCache();
    if (name == "hyper8k") return HyperClockCacheOptions(large, 8192).MakeSharedCache();
    if (name == "hyper1k") return HyperClockCacheOptions(large, 1024, 0).MakeSharedCache();
    std::fprintf(stderr, "no cache %s\n", name.c_str());
    std::exit(1);
}

static Options ReaderOptions(std::shared_ptr<Cache> cache) {
    BlockBasedTableOptions table;
    table.block_cache = cache;
    Options options;
    options.max_open_files = -1;
    options.table_factory.reset(NewBlockBasedTableFactory(table));
    return options;
}

static Case MakeCase(const std::string &directory, uint64_t count, const std::string &spec) {
    size_t first = spec.find('/'), second = spec.find('/', first + 1);
    std::string layout = spec.substr(0, first), cache = spec.substr(first + 1, second - first - 1),
                path = spec.substr(second + 1);
    std::string database = directory + "/" + layout + "-" + std::to_string(count);
    Case made;
    made.name = spec;
    if (path == "shim") {
        almanac_rocksdb_error error{};
        auto *blocks = almanac_rocksdb_cache_create(count * 400 + (64 << 20));
        auto *handle = almanac_rocksdb_open(database.c_str(), "default", blocks, 4, &error);
        if (handle == nullptr) {
            std::fprintf(stderr, "%s\n", error.message);
            std::exit(1);
        }
        auto *pins = almanac_rocksdb_pins_create(0);
        auto *scratch = new std::vector<almanac_lookup>;
        // Residency first.
        made.look = [=](const Batch *batches, size_t batch_count, size_t tier) {
            uint64_t bytes = 0;
            for (size_t b = 0; b < batch_count; b++) {
                scratch->assign(batches[b].lookups.begin(), batches[b].lookups.end());
                almanac_rocksdb_lookup(handle, pins, scratch->data(), scratch->size(),
                                       (const uint8_t *)batches[b].bytes.data(), tier == 1);
                for (auto &lookup : *scratch) bytes += lookup.outcome == ALMANAC_HIT ? lookup.value_count + lookup.value[0] : 0;
                almanac_rocksdb_pins_release(pins);
            }
            return bytes;
        };
        return made;
    }
    if (path == "c_get") {
        // What a server in C does: a copy of each value from malloc.
        auto *options = rocksdb_options_create();
        auto *table = rocksdb_block_based_options_create();
        auto blocks = CacheNamed(cache, count);
        auto *lru = rocksdb_cache_create_lru(cache == "lru8m" ? 8 << 20 : count * 400 + (64 << 20));
        rocksdb_block_based_options_set_block_cache(table, lru);
        rocksdb_options_set_block_based_table_factory(options, table);
        char *error = nullptr;
        auto *db = rocksdb_open_for_read_only(options, database.c_str(), 0, &error);
        auto *read = rocksdb_readoptions_create();
        made.look = [=](const Batch *batches, size_t batch_count, size_t) {
            uint64_t bytes = 0;
            for (size_t b = 0; b < batch_count; b++) {
                for (auto &key : batches[b].keys) {
                    char *failure = nullptr;
                    size_t size = 0;
                    char *value = rocksdb_get(db, read, key.data(), key.size(), &size, &failure);
                    if (value != nullptr) bytes += size + value[0];
                    free(value);
                }
            }
            return bytes;
        };
        return made;
    }
    Options options = ReaderOptions(CacheNamed(cache, count));
    DB *db;
    ColumnFamilyHandle *family;
    bool is_mmap = path.find("mmap") != std::string::npos;
    if (is_mmap) {
        options.allow_mmap_reads = true;
        BlockBasedTableOptions table;
        table.no_block_cache = true;
        options.table_factory.reset(NewBlockBasedTableFactory(table));
    }
    if (path.compare(0, 2, "ro") == 0) {
        std::vector<ColumnFamilyHandle *> handles;
        Require(DB::OpenForReadOnly(options, database, {{kDefaultColumnFamilyName, options}}, &handles, &db));
        family = handles[0];
    } else {
        Require(DB::OpenForReadOnly(options, database, &db));
        family = db->DefaultColumnFamily();
    }
    bool sorted = path.find("sort") != std::string::npos;
    bool noverify = path.find("noverify") != std::string::npos;
    bool noperf = path.find("noperf") != std::string::npos;
    if (path.find("multi") != std::string::npos) {
        auto *values = new std::vector<PinnableSlice>(4096);
        auto *statuses = new std::vector<Status>(4096);
        made.look = [=](const Batch *batches, size_t batch_count, size_t) {
            ReadOptions read;
            uint64_t bytes = 0;
            std::vector<Slice> keys;
            for (size_t b = 0; b < batch_count; b++) {
                const Slice *slices = batches[b].keys.data();
                size_t n = batches[b].keys.size();
                if (sorted) {
                    keys = batches[b].keys;
                    std::sort(keys.begin(), keys.end(), [](const Slice &a, const Slice &b) { return a.compare(b) < 0; });
                    slices = keys.data();
                }
                db->MultiGet(read, family, n, slices, values->data(), statuses->data(), sorted);
                for (size_t i = 0; i < n; i++) {
                    if ((*statuses)[i].ok()) bytes += (*values)[i].size() + (*values)[i].data()[0];
                    (*values)[i].Reset();
                }
            }
            return bytes;
        };
        return made;
    }
    auto *values = new std::vector<PinnableSlice>(4096);
    made.look = [=](const Batch *batches, size_t batch_count, size_t) {
        ReadOptions read;
        read.verify_checksums = !noverify;
        SetPerfLevel(noperf ? PerfLevel::kDisable : PerfLevel::kEnableCount);
        uint64_t bytes = 0;
        std::vector<Slice> keys;
        for (size_t b = 0; b < batch_count; b++) {
            const std::vector<Slice> *list = &batches[b].keys;
            if (sorted) {
                keys = batches[b].keys;
                std::sort(keys.begin(), keys.end(), [](const Slice &a, const Slice &b) { return a.compare(b) < 0; });
                list = &keys;
            }
            size_t i = 0;
            for (auto &key : *list) {
                PinnableSlice &value = (*values)[i++];
                if (db->Get(read, family, key, &value).ok()) bytes += value.size() + value.data()[0];
            }
            for (size_t j = 0; j < i; j++) (*values)[j].Reset();
        }
        return bytes;
    };
    return made;
}

// MARK: - Measuring

static std::vector<Batch> MakeBatches(uint64_t count, size_t batch, size_t looks, uint64_t seed, bool misses) {
    std::vector<Batch> batches(looks / batch);
    uint64_t state = seed;
    for (Batch &made : batches) {
        std::vector<size_t> ends;
        for (size_t i = 0; i < batch; i++) {
            uint64_t number = Mix(state++) % count;
            made.bytes += KeyOf(misses ? number + count : number);
            ends.push_back(made.bytes.size());
        }
        size_t start = 0;
        for (size_t end : ends) {
            made.keys.emplace_back(made.bytes.data() + start, end - start);
            made.lookups.push_back({nullptr, 0, start, (uint32_t)(end - start), ALMANAC_PENDING});
            start = end;
        }
    }
    return batches;
}

static double ThreadNanoseconds() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1e9 + now.tv_nsec;
}

/// Reads every key once, so that all blocks are in the cache.
static void Warm(Case &warmed, uint64_t count) {
    for (uint64_t from = 0; from < count; from += 64 * 1024) {
        Batch batch;
        std::vector<Batch> batches(1024);
        uint64_t number = from;
        for (Batch &made : batches) {
            std::vector<size_t> ends;
            for (size_t i = 0; i < 64; i++) {
                made.bytes += KeyOf(number++);
                ends.push_back(made.bytes.size());
            }
            size_t start = 0;
            for (size_t end : ends) {
                made.keys.emplace_back(made.bytes.data() + start, end - start);
                made.lookups.push_back({nullptr, 0, start, (uint32_t)(end - start), ALMANAC_PENDING});
                start = end;
            }
        }
        warmed.look(batches.data(), batches.size(), 1);
    }
}

int main(int argc, char **argv) {
    if (argc < 5) return 64;
    std::string verb = argv[1], directory = argv[2];
    uint64_t count = std::strtoull(argv[3], nullptr, 10);
    if (verb == "build") {
        auto layouts = Layouts();
        for (int i = 4; i < argc; i++) {
            if (layouts.count(argv[i]) == 0) return std::fprintf(stderr, "no layout %s\n", argv[i]), 64;
            Build(directory, count, argv[i], layouts[argv[i]]);
        }
        return 0;
    }
    size_t batch = std::strtoull(argv[4], nullptr, 10);
    if (verb == "count") {
        Case counted = MakeCase(directory, count, argv[5]);
        constexpr size_t kLooks = 6400;
        auto batches = MakeBatches(count, batch, kLooks, 99, false);
        counted.look(batches.data(), batches.size(), 1);
        CALLGRIND_START_INSTRUMENTATION;
        CALLGRIND_TOGGLE_COLLECT;
        uint64_t before = allocations;
        counted.look(batches.data(), batches.size(), 0);
        uint64_t made = allocations - before;
        CALLGRIND_TOGGLE_COLLECT;
        CALLGRIND_STOP_INSTRUMENTATION;
        std::printf("%s: %.2f allocations a key\n", argv[5], double(made) / kLooks);
        return 0;
    }
    bool misses = verb == "miss";
    int rounds = std::atoi(argv[5]);
    std::vector<Case> cases;
    for (int i = 6; i < argc; i++) {
        cases.push_back(MakeCase(directory, count, argv[i]));
        Warm(cases.back(), count);
    }
    const size_t looks = 128000;
    uint64_t check = 0;
    for (int round = 0; round < rounds; round++) {
        auto batches = MakeBatches(count, batch, looks, 1000000 * (round + 1), misses);
        for (Case &measured : cases) {
            double before = ThreadNanoseconds();
            check += measured.look(batches.data(), batches.size(), 0);
            measured.nanoseconds.push_back((ThreadNanoseconds() - before) / (batches.size() * batch));
        }
    }
    for (Case &measured : cases) {
        auto &all = measured.nanoseconds;
        std::sort(all.begin(), all.end());
        std::printf("%8llu keys  batch %3zu  %-28s  median %6.0f  least %6.0f ns/key\n", (unsigned long long)count,
                    batch, measured.name.c_str(), all[all.size() / 2], all[0]);
    }
    return check == 1;
}
