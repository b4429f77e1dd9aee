#include "include/CRocksDBReader.h"

#include <rocksdb/metadata.h>
#include <rocksdb/table_properties.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "Database.h"
#include "Failure.h"
#include "ReadOnlyFileSystem.h"
#include "ReaderProfile.h"

using almanac::Fail;
using almanac::Guarded;
using almanac::ReaderProfile;

// MARK: - Block cache

almanac_rocksdb_cache *almanac_rocksdb_cache_create(uint64_t capacity) {
    return Guarded<almanac_rocksdb_cache *>(nullptr, nullptr, [&]() -> almanac_rocksdb_cache * {
        auto blocks = ReaderProfile::MakeCache(capacity);
        return blocks ? new almanac_rocksdb_cache{std::move(blocks)} : nullptr;
    });
}

void almanac_rocksdb_cache_destroy(almanac_rocksdb_cache *cache) { delete cache; }

uint64_t almanac_rocksdb_cache_capacity(const almanac_rocksdb_cache *cache) { return cache->blocks->GetCapacity(); }

uint64_t almanac_rocksdb_cache_usage(const almanac_rocksdb_cache *cache) { return cache->blocks->GetUsage(); }

// MARK: - Database

namespace {

/// Tells "nothing there" from "damaged" before RocksDB, which has one error for both.
bool IsThere(const std::string &path, rocksdb::Env *env, almanac_rocksdb_error *error) {
    struct stat directory;
    if (stat(path.c_str(), &directory) != 0) {
        bool missing = errno == ENOENT || errno == ENOTDIR;
        Fail(error, missing ? ALMANAC_ROCKSDB_MISSING : ALMANAC_ROCKSDB_IO, path + ": " + std::strerror(errno));
        return false;
    }
    if (!S_ISDIR(directory.st_mode)) {
        Fail(error, ALMANAC_ROCKSDB_MISSING, path + ": not a directory, and so not a RocksDB database");
        return false;
    }
    std::vector<std::string> names;
    rocksdb::Status status = env->GetChildren(path, &names);
    if (!status.ok()) {
        Fail(error, ALMANAC_ROCKSDB_IO, status.ToString());
        return false;
    }
    bool has_data = false;
    for (const std::string &name : names) {
        if (name == "CURRENT") return true;
        bool is_table = name.size() > 4 && name.compare(name.size() - 4, 4, ".sst") == 0;
        has_data = has_data || is_table || name.compare(0, 9, "MANIFEST-") == 0;
    }
    if (has_data) {
        Fail(error, ALMANAC_ROCKSDB_DAMAGED, path + ": holds RocksDB files, but CURRENT is missing");
    } else {
        Fail(error, ALMANAC_ROCKSDB_MISSING, path + ": holds no RocksDB database (no file CURRENT)");
    }
    return false;
}

/// Opens all column families but keeps a handle of `name` only.
bool OpenFamily(
    almanac_rocksdb &database, const rocksdb::Options &options, const std::string &path, const std::string &name,
    almanac_rocksdb_error *error) {
    // A read-only open must name the default family, and may leave out all others.
    std::vector<rocksdb::ColumnFamilyDescriptor> families{{rocksdb::kDefaultColumnFamilyName, options}};
    if (name != rocksdb::kDefaultColumnFamilyName) families.emplace_back(name, options);
    std::vector<rocksdb::ColumnFamilyHandle *> handles;
    rocksdb::DB *db = nullptr;
    rocksdb::Status status = rocksdb::DB::OpenForReadOnly(options, path, families, &handles, &db);
    if (!status.ok()) {
        Fail(error, status);
        return false;
    }
    database.db.reset(db);
    database.owned_family = handles.back();
    database.family = database.owned_family;
    for (size_t i = 0; i + 1 < handles.size(); i++) db->DestroyColumnFamilyHandle(handles[i]);
    return true;
}

bool OpenDefault(
    almanac_rocksdb &database, const rocksdb::Options &options, const std::string &path,
    almanac_rocksdb_error *error) {
    rocksdb::DB *db = nullptr;
    rocksdb::Status status = rocksdb::DB::OpenForReadOnly(options, path, &db);
    if (!status.ok()) {
        Fail(error, status);
        return false;
    }
    database.db.reset(db);
    database.family = db->DefaultColumnFamily();
    return true;
}

/// Whether RocksDB took its shorter path. The two kinds of database refuse a flush, which neither
/// can carry out, in different words; nothing else that is public tells them apart.
bool TookCompactedPath(const almanac_rocksdb &database) {
    rocksdb::Status status = database.db->Flush(rocksdb::FlushOptions(), database.family);
    return status.ToString().find("compacted db") != std::string::npos;
}

/// Records of kinds that a plain look-up in one file does not answer.
struct Peculiarities {
    uint64_t merges = 0;
    uint64_t range_deletions = 0;
    uint64_t deletions = 0;
    uint64_t entries = 0;
    uint64_t blob_files = 0;
    rocksdb::TablePropertiesCollection tables;
};

bool FindPeculiarities(almanac_rocksdb &database, Peculiarities &found, almanac_rocksdb_error *error) {
    rocksdb::TablePropertiesCollection &tables = found.tables;
    rocksdb::Status status = database.db->GetPropertiesOfAllTables(database.family, &tables);
    if (!status.ok()) {
        Fail(error, status);
        return false;
    }
    for (const auto &table : tables) {
        found.merges += table.second->num_merge_operands;
        found.range_deletions += table.second->num_range_deletions;
        found.deletions += table.second->num_deletions;
        found.entries += table.second->num_entries;
    }
    database.db->GetIntProperty(database.family, rocksdb::DB::Properties::kNumBlobFiles, &found.blob_files);
    return true;
}

uint64_t Property(const almanac_rocksdb &database, const std::string &name) {
    uint64_t value = 0;
    return database.db->GetIntProperty(database.family, name, &value) ? value : 0;
}

void GatherFacts(almanac_rocksdb &database, const Peculiarities &peculiarities) {
    using Properties = rocksdb::DB::Properties;
    almanac_rocksdb_facts &facts = database.facts;
    std::vector<rocksdb::LiveFileMetaData> files;
    database.db->GetLiveFilesMetaData(&files);

    // Two records of one key have different sequence numbers, so a file with a single number has none.
    bool keys_are_unique = true;
    for (rocksdb::LiveFileMetaData &file : files) {
        if (file.column_family_name != database.family->GetName()) continue;
        facts.file_count += 1;
        facts.file_bytes += file.size;
        keys_are_unique = keys_are_unique && file.smallest_seqno == file.largest_seqno;
        auto found = peculiarities.tables.find(file.db_path + file.name);
        uint64_t key_count = found == peculiarities.tables.end() ? 0 : found->second->num_entries;
        uint64_t block_count = key_count == 0 ? 1 : std::max<uint64_t>(found->second->num_data_blocks, 1);
        uint64_t keys_a_block = std::max<uint64_t>(key_count / block_count, 1);
        database.files.push_back({std::move(file.smallestkey), std::move(file.largestkey), key_count, keys_a_block});
    }
    facts.memory_bytes = Property(database, Properties::kEstimateTableReadersMem) +
                         Property(database, Properties::kSizeAllMemTables);
    bool only_plain_records =
        peculiarities.deletions == 0 && peculiarities.merges == 0 && peculiarities.range_deletions == 0;
    uint64_t replayed = Property(database, Properties::kNumEntriesActiveMemTable);
    bool is_empty = facts.file_count == 0 && replayed == 0;
    facts.key_count_is_exact = is_empty || (facts.is_compacted && only_plain_records && keys_are_unique);
    // RocksDB's own estimate counts alike, but needs statistics that opening leaves unread: a deletion
    // counts as an entry, and takes away another.
    uint64_t entries = peculiarities.entries + replayed;
    uint64_t deletions = 2 * (peculiarities.deletions + Property(database, Properties::kNumDeletesActiveMemTable));
    facts.key_count = entries > deletions ? entries - deletions : 0;
}

/// Checks the manifest that CURRENT names; what is wrong with CURRENT itself is left to RocksDB.
bool ManifestIsWhole(const std::string &path, rocksdb::Env *env, almanac_rocksdb_error *error) {
    std::string name;
    rocksdb::Status status = rocksdb::ReadFileToString(env, path + "/CURRENT", &name);
    if (!status.ok() || name.compare(0, 9, "MANIFEST-") != 0 || name.back() != '\n') return true;
    name.pop_back();
    status = almanac::CheckManifest(*env->GetFileSystem(), path + "/" + name);
    if (!status.ok()) Fail(error, status);
    return status.ok();
}

bool FamilyExists(
    const std::string &path, const std::string &name, const rocksdb::Options &options, almanac_rocksdb_error *error) {
    std::vector<std::string> names;
    rocksdb::Status status = rocksdb::DB::ListColumnFamilies(options, path, &names);
    if (!status.ok()) {
        Fail(error, status);
        return false;
    }
    if (std::find(names.begin(), names.end(), name) != names.end()) return true;
    std::string message = path + ": no column family '" + name + "'; there are:";
    for (const std::string &present : names) message += " '" + present + "'";
    Fail(error, ALMANAC_ROCKSDB_INVALID, message);
    return false;
}

std::unique_ptr<almanac_rocksdb> Open(
    const std::string &path, const std::string &name, const almanac_rocksdb_cache &cache, int open_threads,
    almanac_rocksdb_error *error) {
    auto database = std::make_unique<almanac_rocksdb>();
    database->env = rocksdb::NewCompositeEnv(std::make_shared<almanac::ReadOnlyFileSystem>());
    rocksdb::Env *env = database->env.get();
    if (!IsThere(path, env, error) || !ManifestIsWhole(path, env, error)) return nullptr;
    rocksdb::Options options = ReaderProfile::Open(env, cache.blocks, open_threads);
    if (!FamilyExists(path, name, options, error)) return nullptr;

    bool is_default = name == rocksdb::kDefaultColumnFamilyName;
    if (is_default ? !OpenDefault(*database, options, path, error) : !OpenFamily(*database, options, path, name, error))
        return nullptr;
    database->facts.is_compacted = is_default && TookCompactedPath(*database);

    Peculiarities peculiarities;
    if (!FindPeculiarities(*database, peculiarities, error)) return nullptr;
    if (peculiarities.merges > 0) {
        Fail(
            error, ALMANAC_ROCKSDB_UNSUPPORTED,
            path + ": holds merge records, which only their writer can combine; compact it there first");
        return nullptr;
    }
    if (database->facts.is_compacted && (peculiarities.range_deletions > 0 || peculiarities.blob_files > 0)) {
        // The shorter path knows neither: it would call a key absent whose value is in a blob file,
        // and present one whose range was deleted.
        database->family = nullptr;
        database->db.reset();
        if (!OpenFamily(*database, options, path, name, error)) return nullptr;
        database->facts.is_compacted = false;
    }
    GatherFacts(*database, peculiarities);
    database->resident = ReaderProfile::Resident();
    database->anywhere = ReaderProfile::Anywhere();
    return database;
}

}  // namespace

almanac_rocksdb *almanac_rocksdb_open(
    const char *path, const char *column_family, almanac_rocksdb_cache *cache, int32_t open_threads,
    almanac_rocksdb_error *error) {
    return Guarded<almanac_rocksdb *>(
        error, nullptr, [&] { return Open(path, column_family, *cache, open_threads, error).release(); });
}

void almanac_rocksdb_close(almanac_rocksdb *database) { delete database; }

almanac_rocksdb_facts almanac_rocksdb_get_facts(const almanac_rocksdb *database) { return database->facts; }
