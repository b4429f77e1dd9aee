// The RocksDB engine's share by itself, without sockets, parsing or replies: CPU time per key of look-ups in batches.
//
//   lookup engine DIRECTORY KEYS ROW-CACHE-BYTES   through the code that `almanac serve` uses (Sources/CRocksDB)
//   lookup plain DIRECTORY KEYS VALUE-BYTES   rocksdb_get with RocksDB's default options, on the same keys, in a
//                                  database made by rocksdb_put in DIRECTORY when there is none
#include <rocksdb/c.h>
#include <time.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "CRocksDBReader.h"

static uint64_t seed = 88172645463325252ull;
static uint64_t random64() {
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return seed;
}

static double cpu_seconds() {
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void put_key(std::string &keys, uint64_t number, bool is_miss) {
    char text[32];
    keys.append(text, snprintf(text, sizeof text, "key:%012lu%s", number, is_miss ? "x" : ""));
}

static uint64_t found, sought;

// Runs `look_up` over batches of random keys for a second of CPU time and prints the time per key.
static void measure(const char *name, size_t batch, bool is_miss, uint64_t count, bool is_last,
                    const std::function<void(const std::string &, size_t, size_t)> &look_up) {
    // Keys are made beforehand: their making is no part of a look-up.
    const size_t prepared = 1 << 16;
    const size_t width = is_miss ? 17 : 16;
    std::string keys;
    for (size_t i = 0; i < prepared; i++) put_key(keys, random64() % count, is_miss);
    double best = 1e9;
    for (int repetition = 0; repetition < 3; repetition++) {
        found = sought = 0;
        double start = cpu_seconds(), spent = 0;
        do {
            for (size_t at = 0; at + batch <= prepared; at += batch) {
                look_up(keys.substr(at * width, batch * width), batch, width);
                sought += batch;
            }
        } while ((spent = cpu_seconds() - start) < 0.3);
        best = std::min(best, spent * 1e6 / sought);
    }
    if (found != (is_miss ? 0 : sought)) {
        fprintf(stderr, "%s: found %lu of %lu\n", name, found, sought);
        exit(1);
    }
    printf("\"%s\": %.4f%s", name, best, is_last ? "" : ", ");
}

static void measure_all(uint64_t count, const std::function<void(const std::string &, size_t, size_t)> &look_up) {
    printf("{");
    measure("hit 1", 1, false, count, false, look_up);
    measure("hit 16", 16, false, count, false, look_up);
    measure("hit 64", 64, false, count, false, look_up);
    measure("hit 100", 100, false, count, false, look_up);
    measure("hit 1000", 1000, false, count, false, look_up);
    measure("miss 1", 1, true, count, false, look_up);
    measure("miss 64", 64, true, count, true, look_up);
    printf("}\n");
}

static int engine(const char *directory, uint64_t count, size_t row_cache_bytes) {
    almanac_rocksdb_error error{};
    almanac_rocksdb_cache *cache = almanac_rocksdb_cache_create(uint64_t(4) << 30);
    almanac_rocksdb *database = almanac_rocksdb_open(directory, "default", cache, 2, &error);
    if (!database) return fprintf(stderr, "cannot open %s\n", directory), 1;
    almanac_rocksdb_pins *pins = almanac_rocksdb_pins_create(row_cache_bytes);
    std::vector<almanac_lookup> lookups(1 << 10);
    auto look_up = [&](const std::string &keys, size_t batch, size_t width) {
        for (size_t i = 0; i < batch; i++) {
            lookups[i] = almanac_lookup{};
            lookups[i].key_offset = i * width;
            lookups[i].key_count = uint32_t(width);
        }
        almanac_rocksdb_lookup(
            database, pins, lookups.data(), batch, reinterpret_cast<const uint8_t *>(keys.data()), true);
        for (size_t i = 0; i < batch; i++) found += lookups[i].outcome == ALMANAC_HIT;
        almanac_rocksdb_pins_release(pins);
    };
    for (uint64_t first = 0; first < count; first += 500) {  // into the cache
        std::string keys;
        size_t batch = 0;
        for (; batch < 500 && first + batch < count; batch++) put_key(keys, first + batch, false);
        look_up(keys, batch, 16);
    }
    measure_all(count, look_up);
    return 0;
}

static void check(char *error) {
    if (!error) return;
    fprintf(stderr, "%s\n", error);
    exit(1);
}

static int plain(const char *directory, uint64_t count, size_t value_bytes) {
    char *error = nullptr;
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_readoptions_t *read_options = rocksdb_readoptions_create();
    rocksdb_t *database = rocksdb_open_for_read_only(options, directory, 0, &error);
    if (!database) {
        free(error), error = nullptr;
        rocksdb_options_set_create_if_missing(options, 1);
        database = rocksdb_open(options, directory, &error);
        check(error);
        rocksdb_writeoptions_t *write_options = rocksdb_writeoptions_create();
        rocksdb_writeoptions_disable_WAL(write_options, 1);
        std::string pool(1 << 20, 0);
        for (char &byte : pool) byte = char(random64() >> 32);
        for (uint64_t number = 0; number < count; number++) {
            std::string key;
            put_key(key, number, false);
            rocksdb_put(database, write_options, key.data(), key.size(),
                        pool.data() + number * 2654435761u % (pool.size() - value_bytes), value_bytes, &error);
            check(error);
        }
        rocksdb_compact_range(database, nullptr, 0, nullptr, 0);
        rocksdb_close(database);
        database = rocksdb_open_for_read_only(options, directory, 0, &error);
        check(error);
    }
    auto look_up = [&](const std::string &keys, size_t batch, size_t width) {
        for (size_t i = 0; i < batch; i++) {
            size_t value_count;
            char *value = rocksdb_get(database, read_options, keys.data() + i * width, width, &value_count, &error);
            check(error);
            found += value != nullptr;
            free(value);
        }
    };
    measure_all(count, look_up);
    rocksdb_close(database);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 5 && !strcmp(argv[1], "engine")) {
        return engine(argv[2], strtoull(argv[3], nullptr, 10), strtoull(argv[4], nullptr, 10));
    }
    if (argc == 5 && !strcmp(argv[1], "plain")) {
        return plain(argv[2], strtoull(argv[3], nullptr, 10), strtoull(argv[4], nullptr, 10));
    }
    return fprintf(stderr, "see the head of lookup.cc\n"), 64;
}
